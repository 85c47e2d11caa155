// @ts-check
// What a link, a file or a report may hold. Whatever arrives was written by a stranger.

/** Characters of a link; browsers accept addresses of 2 MB and more, chats far less. */
export const LINK_CHARS = 1_500_000;
/** Length that every mail program, chat and wiki carries whole. */
export const SAFE_CHARS = 2_000;
/** Length that browsers and most chats carry; longer ones are better sent as a file. */
export const LONG_CHARS = 8_000;
/** Bytes of a record once it is inflated: a few kilobytes of deflate can ask for gigabytes. */
export const RECORD_BYTES = 8_000_000;
/** Bytes of a file that is opened. */
export const FILE_BYTES = 16_000_000;
/** Levels of lists and objects in a record; values of the engine have at most 200. */
export const DEPTH = 240;
/** Rows of a history, and rows of its ledger. */
export const ROWS = 10_000;
/** Files of a project, and characters of all of them. */
export const FILES = 100;
export const CODE_CHARS = 2_000_000;
/** Characters of names, titles and notes. */
export const NAME_CHARS = 200;
export const TITLE_CHARS = 120;
export const NOTE_CHARS = 1_000;
/** Settings: flat, each a short text, a number or a truth value. */
export const SETTINGS = 20;
