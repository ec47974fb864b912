/**
 * Runs inside the app: samples its main thread with V8's own profiler and writes a .cpuprofile for
 * each segment. Plain JavaScript without packages, since the app's Node may be as old as Node 20. It
 * never throws into the app.
 *
 * @typedef {import('node:inspector').Profiler.Profile} Profile
 * @typedef {import('./v8.ts').SamplerSettings} SamplerSettings
 */
import { renameSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

const { profile: beginBridge, profileEnd: endBridge } = console;

/** @param {SamplerSettings} settings */
function startSampler({ folder, segmentMs, rateHz }) {
  const session = new Session();
  session.connect();
  post(session, 'Profiler.enable');
  post(session, 'Profiler.setSamplingInterval', { interval: Math.round(1e6 / rateHz) });
  post(session, 'Profiler.start');
  const timer = setInterval(() => takeSegment(folder, session).catch(() => clearInterval(timer)), segmentMs);
  timer.unref();
  process.once('exit', () => saveLast(folder, session));
}

/**
 * Ends one segment and begins the next. V8 forgets all it knows about the code when its last profile
 * ends, and starting again then takes 20 ms and more (measured); the console's profile across the gap
 * keeps it, which makes the cut half a millisecond.
 *
 * @param {Session} session
 */
function cut(session) {
  beginBridge('avalanche');
  const profile = stop(session);
  post(session, 'Profiler.start');
  endBridge('avalanche');
  return profile;
}

/**
 * @param {Session} session
 * @returns {Profile}
 */
function stop(session) {
  return post(session, 'Profiler.stop').profile;
}

/**
 * Within one process the answer comes before `post` returns.
 *
 * @param {Session} session
 * @param {string} method
 */
function post(session, method, parameters = {}) {
  let answer;
  session.post(method, parameters, (error, result) => {
    if (error !== null) throw error;
    answer = result;
  });
  return answer;
}

/**
 * @param {string} folder
 * @param {Session} session
 */
async function takeSegment(folder, session) {
  const profile = cut(session);
  const { temporary, final } = segmentPaths(folder, profile);
  await writeFile(temporary, JSON.stringify(profile), { mode: 0o600 });
  await rename(temporary, final);
}

/**
 * @param {string} folder
 * @param {Session} session
 */
function saveLast(folder, session) {
  try {
    const profile = stop(session);
    const { temporary, final } = segmentPaths(folder, profile);
    writeFileSync(temporary, JSON.stringify(profile), { mode: 0o600 });
    renameSync(temporary, final);
  } catch {
    // The folder is gone: the recorder was killed, and nobody would read it.
  }
}

/**
 * `WALL-MONOTONIC.cpuprofile`: when it began, in milliseconds since 1970 and in microseconds of V8's clock.
 *
 * @param {string} folder
 * @param {Profile} profile
 */
function segmentPaths(folder, { startTime, endTime }) {
  const wallMs = Math.round(Date.now() - (endTime - startTime) / 1000);
  const final = join(folder, `${wallMs}-${Math.round(startTime)}.cpuprofile`);
  return { temporary: `${final}.tmp`, final };
}

/** @returns {SamplerSettings | null} null where nothing is to be sampled: in workers, in the app's children */
function readSettings() {
  const text = process.env.AVALANCHE_SAMPLER;
  if (!isMainThread || text === undefined) return null;
  /** @type {SamplerSettings} */
  const settings = JSON.parse(text);
  if (process.ppid !== settings.recorderPid) return null;
  delete process.env.AVALANCHE_SAMPLER;
  if (settings.nodeOptions === null) delete process.env.NODE_OPTIONS;
  else process.env.NODE_OPTIONS = settings.nodeOptions;
  return settings;
}

try {
  const settings = readSettings();
  if (settings !== null) startSampler(settings);
} catch {
  // The app must live. The recorder says that no segments come.
}
