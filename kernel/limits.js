// @ts-check
// Every size and time of the browser runtime, with where the number came from.

/** Unit of change tracking: SQLite's page size, so one changed page is one stored block. */
export const BLOCK_BYTES = 4096;

/** Unit of the checkpointed image: reading 50 MB takes 0.14 s in 64 KiB pieces and 0.5 s in 4 KiB ones. */
export const SEGMENT_BYTES = 65_536;

/** Redo log size that turns the next flush into a checkpoint. */
export const LOG_BYTES = 4 << 20;

/** What the database may take: it lives in the page's memory, and a tab of some browsers ends at 1 GB. */
export const BUDGET_BYTES = 512_000_000;

/** Part of it from which on the reader is told. */
export const CROWDED = 0.8;

/** Silence after which the opening of the database counts as blocked by another tab. */
export const BLOCKED_MS = 3_000;

/** Attempts to open a database again whose connection the browser closed, and the pause between them. */
export const RECONNECTS = 5;
export const RECONNECT_MS = 100;

/** How often an engine without room tries whether there is some again. */
export const ROOM_CHECK_MS = 10_000;

/** Room that counts as enough to go on: some hundred commits. */
export const ROOM_BYTES = 1 << 20;

/** How long a browser may take to count deleted caches as free room, and how often it is asked. */
export const FREED_MS = 5_000;
export const FREED_LOOK_MS = 50;

/** Room that is held back for deletions, given up when one finds none; some dozen of them, of hundred runs each. */
export const RESERVE_BYTES = 1 << 20;

/** Idle sandboxes kept ready: 57 MB each, and two cores cannot boot more at once anyway. */
export const SPARES = 2;

/** Pause before a taken spare is replaced, so that booting does not compete with the run that took it. */
export const REFILL_DELAY_MS = 400;

/** Pause after a sandbox that failed to boot, doubled up to 30 s. */
export const REFILL_RETRY_MS = 1_000;

/** How long a frame and its worker may take to boot; the first of a session needs 1.4 s on two cores. */
export const BOOT_MS = 60_000;

/** Interval of frame pings. */
export const FRAME_PING_MS = 1_000;

/** Silence after which the process of the frames counts as dead. A tick that came late itself does not count. */
export const FRAME_SILENT_MS = 5_000;

/** Lateness of our own tick beyond which a round proves nothing about others. */
export const LATE_TICK_MS = 500;

/** How long a page that follows leaves its processor to the reader before it boots a Python of its own. */
export const STANDBY_DELAY_MS = 2_000;

/** Memory below which a device has no second Python: browsers say 0.25 to 8, in powers of two. */
export const STANDBY_MEMORY_GB = 4;

/** How long an engine that was fenced waits to learn that its page was replaced; nobody replaced it otherwise. */
export const REPLACED_MS = 1_000;

/** Silence after which a page says that the engine does not answer. */
export const ENGINE_SILENT_MS = 5_000;

/** Interval of engine pings of a visible page. */
export const ENGINE_PING_MS = 2_000;

/** How often a page without an engine looks for one; an announcement makes most of these needless. */
export const DISCOVERY_MS = 250;

/** Pause before an engine worker that died without a kill is started again, doubled up to 8 s. */
export const ENGINE_RETRY_MS = 200;

/** How long an orderly close may take before the worker is terminated. */
export const CLOSE_MS = 2_000;

/** What one sandbox may send: far above a batch per turn, far below what floods the engine (11,000 frames/s). */
export const FRAMES_PER_SECOND = 2_000;

/** Sustained bytes per second of one sandbox. */
export const BYTES_PER_SECOND = 8_000_000;

/** Bytes of one sandbox in a burst. */
export const BYTES_BURST = 16_000_000;

/** Longest frame: a legal 1 MiB result must fit after it was encoded twice. */
export const FRAME_BYTES = 8 << 20;

/** How long a worker that ends itself at a crash point waits for its page to terminate it. */
export const CUT_MS = 10_000;
