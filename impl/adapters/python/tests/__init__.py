"""Tests of the SDK and the asyncio adapter: python3 -m unittest discover -s tests -t . (from the adapter's folder)."""
