/**
 * The picture of the sample stream: dusk over drifting hills, a sun, a swarm of lights, and a clock that shows motion.
 * Paints one frame at a time; everything moves in whole turns per loop, so that the last frame leads into the first.
 */

export const WIDTH = 640;
export const HEIGHT = 360;

/** Sky colours at the top and at the horizon, each a quarter of the loop after the one before. */
const SKIES = [
  { top: [22, 18, 58], horizon: [196, 92, 104] },
  { top: [16, 34, 84], horizon: [110, 104, 176] },
  { top: [10, 52, 84], horizon: [86, 164, 160] },
  { top: [44, 30, 84], horizon: [236, 156, 96] },
];

/** Far to near: height of the ridge line, how high it swings, how many waves cross the picture, whole waves per loop. */
const HILLS = [
  { base: 0.6, swing: 0.05, waves: 1.5, turns: 1, shade: 0.62 },
  { base: 0.7, swing: 0.06, waves: 1.1, turns: -1, shade: 0.42 },
  { base: 0.81, swing: 0.05, waves: 1.9, turns: 2, shade: 0.25 },
  { base: 0.92, swing: 0.045, waves: 1.3, turns: -2, shade: 0.11 },
];

const LIGHTS = 26;
const LINK_PIXELS = 92;

/**
 * Paints the frame at `phase` (0 to 1 through the loop) as packed RGB.
 * @param {number} phase
 * @param {number} loopSeconds
 * @returns {Buffer}
 */
export function paintFrame(phase, loopSeconds) {
  const pixels = new Float32Array(WIDTH * HEIGHT * 3);
  const sky = skyAt(phase);
  paintSky(pixels, sky);
  paintSun(pixels, phase);
  paintHills(pixels, phase, sky);
  paintSwarm(pixels, phase);
  paintClock(pixels, phase, loopSeconds);
  const frame = Buffer.alloc(pixels.length);
  for (let i = 0; i < pixels.length; i++) frame[i] = Math.max(0, Math.min(255, Math.round(pixels[i])));
  return frame;
}

function skyAt(phase) {
  const place = phase * SKIES.length;
  const from = SKIES[Math.floor(place) % SKIES.length];
  const to = SKIES[(Math.floor(place) + 1) % SKIES.length];
  const share = smooth(place % 1);
  return { top: mix(from.top, to.top, share), horizon: mix(from.horizon, to.horizon, share) };
}

function paintSky(pixels, sky) {
  for (let y = 0, at = 0; y < HEIGHT; y++) {
    const colour = mix(sky.top, sky.horizon, smooth(Math.min(1, y / (HEIGHT * 0.72))));
    for (let x = 0; x < WIDTH; x++, at += 3) pixels.set(colour, at);
  }
}

function paintSun(pixels, phase) {
  const turn = phase * 2 * Math.PI;
  const x0 = WIDTH * (0.5 + 0.26 * Math.sin(turn));
  const y0 = HEIGHT * (0.4 - 0.14 * Math.cos(turn));
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) {
      const distance = Math.hypot(x - x0, y - y0);
      const disc = clamp(34.5 - distance);
      const halo = 0.5 * Math.exp(-distance / 60);
      blend(pixels, x, y, [255, 226, 170], Math.max(disc * 0.96, halo));
    }
}

function paintHills(pixels, phase, sky) {
  HILLS.forEach((hill, layer) => {
    const colour = mix([10, 14, 34], sky.horizon, hill.shade);
    for (let x = 0; x < WIDTH; x++) {
      const turn = 2 * Math.PI * ((x / WIDTH) * hill.waves + phase * hill.turns + layer * 0.31);
      const ridge = HEIGHT * (hill.base - hill.swing * (Math.sin(turn) * 0.7 + Math.sin(turn * 2 + layer) * 0.3));
      for (let y = Math.max(0, Math.floor(ridge)); y < HEIGHT; y++)
        blend(pixels, x, y, mix(colour, [8, 10, 26], ((y - ridge) / HEIGHT) * 0.9), clamp(y + 1 - ridge));
    }
  });
}

/** Lights that wander on closed curves; those that come close are linked, as viewers are. */
function paintSwarm(pixels, phase) {
  const lights = Array.from({ length: LIGHTS }, (_, i) => {
    const turn = 2 * Math.PI * (phase * (1 + (i % 2)) * (i % 3 === 0 ? -1 : 1) + i / LIGHTS);
    const wobble = 2 * Math.PI * (phase * (1 + (i % 3)) + i * 0.37);
    return {
      x: WIDTH * (0.5 + (0.2 + 0.18 * (((i * 7) % 5) / 4)) * Math.cos(turn) + 0.05 * Math.sin(wobble)),
      y: HEIGHT * (0.42 + (0.14 + 0.14 * (((i * 3) % 4) / 3)) * Math.sin(turn) + 0.05 * Math.cos(wobble)),
    };
  });
  for (let i = 0; i < LIGHTS; i++)
    for (let j = i + 1; j < LIGHTS; j++) {
      const distance = Math.hypot(lights[i].x - lights[j].x, lights[i].y - lights[j].y);
      if (distance < LINK_PIXELS) paintLine(pixels, lights[i], lights[j], 0.55 * (1 - distance / LINK_PIXELS));
    }
  for (const light of lights) paintDot(pixels, light.x, light.y, 3.4, [255, 244, 214]);
}

/** A ring that fills once per loop, with one tick a second travelling round it. */
function paintClock(pixels, phase, loopSeconds) {
  const x0 = WIDTH - 44;
  const y0 = 44;
  const second = (phase * loopSeconds) % 1;
  for (let y = y0 - 26; y <= y0 + 26; y++)
    for (let x = x0 - 26; x <= x0 + 26; x++) {
      const distance = Math.hypot(x - x0, y - y0);
      const angle = (Math.atan2(x - x0, y0 - y) / (2 * Math.PI) + 1) % 1;
      const ring = clamp(2.5 - Math.abs(distance - 20));
      blend(pixels, x, y, [255, 255, 255], ring * (angle <= phase ? 0.95 : 0.25));
      blend(pixels, x, y, [255, 255, 255], clamp(13.5 - distance) * 0.18);
    }
  const turn = second * 2 * Math.PI;
  paintDot(pixels, x0 + 11 * Math.sin(turn), y0 - 11 * Math.cos(turn), 2.6, [255, 255, 255]);
}

function paintLine(pixels, a, b, share) {
  const steps = Math.ceil(Math.hypot(b.x - a.x, b.y - a.y));
  for (let i = 0; i <= steps; i++) {
    const x = a.x + ((b.x - a.x) * i) / steps;
    const y = a.y + ((b.y - a.y) * i) / steps;
    splat(pixels, x, y, [255, 236, 200], share);
  }
}

function paintDot(pixels, x0, y0, radius, colour) {
  const reach = Math.ceil(radius) + 1;
  for (let y = Math.floor(y0) - reach; y <= y0 + reach; y++)
    for (let x = Math.floor(x0) - reach; x <= x0 + reach; x++)
      blend(pixels, x, y, colour, clamp(radius + 0.5 - Math.hypot(x - x0, y - y0)));
}

/** Shares one point among the four pixels it touches, so that thin lines do not crawl. */
function splat(pixels, x, y, colour, share) {
  const left = Math.floor(x);
  const top = Math.floor(y);
  for (const [dx, dy] of [
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ]) {
    const weight = (1 - Math.abs(left + dx - x)) * (1 - Math.abs(top + dy - y));
    blend(pixels, left + dx, top + dy, colour, share * weight);
  }
}

function blend(pixels, x, y, colour, share) {
  if (share <= 0 || x < 0 || y < 0 || x >= WIDTH || y >= HEIGHT) return;
  const at = (y * WIDTH + x) * 3;
  for (let i = 0; i < 3; i++) pixels[at + i] += (colour[i] - pixels[at + i]) * share;
}

const clamp = (value) => Math.max(0, Math.min(1, value));
const smooth = (share) => share * share * (3 - 2 * share);
const mix = (from, to, share) => from.map((value, i) => value + (to[i] - value) * share);
