"""asyncio's API as operations of the contract, for every event loop that follows it."""
