"""Every bound of the SDK, with its reason. Nothing waits, queues or loops without one of these or the driver's abort."""

# A line of the protocol, both ways: what the protocol says.
LINE_BYTES_MAX = 1 << 20

# A batch of events: far below a line, so that the envelope always fits and a reader parses in small pieces.
EVENTS_BATCH_BYTES = 1 << 18

# Records of one run. A record is about 300 bytes, so this keeps a runaway program below a gigabyte.
RECORDS_MAX = 2_000_000

# Messages that wait for the main thread. crossloop sends the next only after an answer; more is a confused driver.
COMMANDS_WAITING_MAX = 16

# Nesting of steps: deeper programs are refused before Python's own recursion limit would be met.
STEP_DEPTH_MAX = 60

# quiesce, as the contract defines it.
QUIESCE_PASSES_MAX = 100
QUIESCE_IDLE_PASSES = 3

# Garbage is collected once in so many programs: after every one it costs most of the rate.
PROGRAMS_PER_COLLECTION = 50

# A perturbation before an operation is at most so long.
NOISE_PAUSE_US_MAX = 200

# Calibration: samples a request may ask for, the timer that is measured, the longest wait for the other thread, the
# time spent on finding one step of a clock, and stamps averaged into one sample.
CALIBRATION_SAMPLES_MAX = 10_000
CALIBRATION_TIMER_US = 500
CALIBRATION_WAIT_S = 5
CLOCK_STEP_SEARCH_NS = 20_000_000
CLOCK_STEP_TOTAL_NS = 1_000_000_000
STAMPS_PER_SAMPLE = 100

# A dump shows the innermost frames of a stack, and at most so many threads.
STACK_FRAMES_MAX = 64
DUMP_THREADS_MAX = 1_000

# Larger integers lose digits in readers that know doubles only; they are sent as decimal strings.
INTEGER_SAFE_MAX = 1 << 53
