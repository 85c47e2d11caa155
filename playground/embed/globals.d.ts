/** The embed's style sheet, put in place by the builder. */
declare const EMBED_STYLE: string;
