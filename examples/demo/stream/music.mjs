/**
 * The sound of the sample stream: four slow chords and a few plucked notes. Periodic over the loop: every tone makes a
 * whole number of turns in it, and what rings past the end is heard at the start.
 */

const SAMPLE_RATE = 48_000;

/** Semitones above A2, one chord a quarter of the loop. */
const CHORDS = [
  [0, 7, 12, 16],
  [-4, 3, 8, 15],
  [-7, 0, 8, 12],
  [-2, 5, 10, 17],
];
const PLUCKS_PER_CHORD = 8;

/**
 * The whole loop as a WAV file, 16-bit mono.
 * @param {number} loopSeconds
 * @returns {Buffer}
 */
export function makeMusic(loopSeconds) {
  const samples = new Float32Array(SAMPLE_RATE * loopSeconds);
  const chordSeconds = loopSeconds / CHORDS.length;
  CHORDS.forEach((chord, turn) => {
    const start = turn * chordSeconds;
    chord.forEach((note, voice) => {
      pad(samples, loopSeconds, start, chordSeconds, tone(note, loopSeconds), 0.08 / (1 + voice * 0.4));
    });
    for (let i = 0; i < PLUCKS_PER_CHORD; i++) {
      const note = chord[(i * 3 + turn) % chord.length] + (i % 3 === 0 ? 24 : 12);
      pluck(samples, start + (i * chordSeconds) / PLUCKS_PER_CHORD, tone(note, loopSeconds), 0.09);
    }
  });
  return wav(samples);
}

/** Frequency of a note, moved to the nearest whole number of turns per loop. */
const tone = (note, loopSeconds) => Math.round(110 * Math.pow(2, note / 12) * loopSeconds) / loopSeconds;

function pad(samples, loopSeconds, start, seconds, frequency, gain) {
  const length = Math.round(seconds * 1.5 * SAMPLE_RATE);
  for (let i = 0; i < length; i++) {
    const envelope = Math.sin((Math.PI * i) / length) ** 2;
    const at = (Math.round(start * SAMPLE_RATE) + i) % samples.length;
    const turn = (2 * Math.PI * frequency * at) / SAMPLE_RATE;
    const beat = (2 * Math.PI * (frequency + 1 / loopSeconds) * at) / SAMPLE_RATE;
    samples[at] += gain * envelope * (Math.sin(turn) + 0.6 * Math.sin(beat) + 0.2 * Math.sin(2 * turn));
  }
}

function pluck(samples, start, frequency, gain) {
  const length = 2 * SAMPLE_RATE;
  for (let i = 0; i < length; i++) {
    const seconds = i / SAMPLE_RATE;
    const envelope = Math.min(1, seconds / 0.005) * Math.exp(-seconds * 3.2) * (1 - i / length);
    samples[(Math.round(start * SAMPLE_RATE) + i) % samples.length] +=
      gain * envelope * Math.sin(2 * Math.PI * frequency * seconds);
  }
}

function wav(samples) {
  const file = Buffer.alloc(44 + samples.length * 2);
  file.write("RIFF", 0);
  file.writeUInt32LE(36 + samples.length * 2, 4);
  file.write("WAVEfmt ", 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20); // PCM
  file.writeUInt16LE(1, 22); // channels
  file.writeUInt32LE(SAMPLE_RATE, 24);
  file.writeUInt32LE(SAMPLE_RATE * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36);
  file.writeUInt32LE(samples.length * 2, 40);
  samples.forEach((sample, i) => file.writeInt16LE(Math.round(Math.tanh(sample) * 32_767), 44 + i * 2));
  return file;
}
