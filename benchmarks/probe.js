// Put into every page before it loads: when was a key pressed, and when was a new picture on the screen?
// One method for all pictures: a drawing is noticed where it happens (nodes inserted, an image loaded, a canvas
// painted), and dated at the start of the first frame after the one that shows it.
{
  const probe = { selector: "", reading: true, shown: [], received: 0 };
  let known = null; // what was last seen, as content() has it
  let stale = null; // a picture that does not count, since it was there before
  window.probe = probe;

  const NativeSocket = window.WebSocket;
  window.WebSocket = class extends NativeSocket {
    constructor(...settings) {
      super(...settings);
      this.addEventListener("message", ({ data }) => { probe.received += data.byteLength ?? data.size ?? data.length; });
    }
  };

  const dated = (name) => window.addEventListener(name, (event) => {
    if (event.key !== "Control") probe[name] ||= event.timeStamp;
  }, true);
  dated("keydown");
  dated("keyup");

  function find() {
    const picture = probe.selector && document.querySelector(probe.selector);
    return picture === stale ? null : picture;
  }

  /** A text that differs when the picture does; null where nothing is drawn yet. */
  function content() {
    const picture = find();
    if (!picture) return null;
    if (picture.tagName === "svg") return picture.textContent;
    const width = picture.naturalWidth ?? picture.width;
    const height = picture.naturalHeight ?? picture.height;
    if (!width || !height) return null;
    const copy = new OffscreenCanvas(width, height).getContext("2d");
    copy.drawImage(picture, 0, 0);
    const pixels = new Uint32Array(copy.getImageData(0, 0, width, height).data.buffer);
    let sum = 0;
    // black strokes differ in their opacity only, the top eight bits: fold these into the lowest
    for (const pixel of pixels) sum = (Math.imul(sum, 31) + (pixel ^ (pixel >>> 24))) | 0;
    return sum === 0 ? null : `${sum}`;
  }

  /** Forget what came before, and wait for the next picture: a changed one, or – if `fresh` – one in another place. */
  probe.arm = ({ fresh = false, reading = true } = {}) => {
    stale = null;
    known = fresh ? null : content();
    stale = fresh ? find() : null;
    Object.assign(probe, { reading, shown: [], keydown: 0, keyup: 0 });
    return known;
  };

  /** Milliseconds from the key to the picture. */
  probe.latency = async () => {
    while (!probe.shown.length) await new Promise((resolve) => setTimeout(resolve, 20));
    return probe.shown[0] - probe.keydown;
  };

  // What is drawn in a frame's callback is shown by that very frame; what is drawn elsewhere, by the next one.
  const nextFrame = window.requestAnimationFrame.bind(window);
  let framing = false;
  window.requestAnimationFrame = (callback) => nextFrame((time) => {
    framing = true;
    queueMicrotask(() => queueMicrotask(() => { framing = false; })); // after the observers, which are microtasks, too
    callback(time);
  });

  function drawn() {
    const later = () => {
      const now = performance.now();
      const seen = probe.reading ? content() : now;
      if (seen === null || seen === known) return;
      known = seen;
      probe.shown.push(now);
    };
    if (framing) nextFrame(later);
    else nextFrame(() => nextFrame(later));
  }

  let last = null;
  const changed = (records) => {
    const picture = find();
    const redrawn = () => picture.tagName === "svg" && records.some(({ target }) => picture.contains(target));
    if (picture && (picture !== last || redrawn())) drawn();
    last = picture;
  };
  new MutationObserver(changed).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });

  document.addEventListener("load", ({ target }) => { if (target === find()) drawn(); }, true);

  for (const name of ["drawImage", "putImageData", "stroke"]) {
    const native = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function draw(...values) {
      native.apply(this, values);
      if (this.canvas === find()) drawn();
    };
  }
}
