// @ts-check
// What Python changes before the page can hear of it is lost: a notebook shows a view first and connects it then. So
// each part greets Python once it is drawn, until it has answered with what is to be shown by now.

const FIRST = 200; // ms
const TRIES = 8; // each twice as long after the one before: a kernel may be busy

/**
 * @param {{send_msg: (message: object) => void, on: (name: string, heard: (answer: any) => void) => void}} model
 * @param {(now: any) => void} put
 */
export function greet(model, put) {
  let answered = false;
  model.on('msg:custom', (now) => {
    answered = true;
    put(now);
  });
  const say = (/** @type {number} */ tries, /** @type {number} */ pause) => {
    if (answered || !tries) return;
    model.send_msg({act: 'greet'});
    window.setTimeout(say, pause, tries - 1, 2 * pause);
  };
  window.setTimeout(say, 0, TRIES, FIRST);
}
