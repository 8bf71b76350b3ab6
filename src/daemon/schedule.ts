/**
 * When runs are due, by a cron line in a time zone. node-cron reads the line and knows the calendar; the waiting is
 * ours, since a timer neither survives the sleep of a machine nor makes up what it missed.
 */
import cron, { type ScheduledTask } from 'node-cron';
import { ConfigError } from '../errors.ts';

/** Minutes that are looked through for a missed time: a month. Beyond it one is taken for granted. */
const LOOK_BACK = 31 * 24 * 60;
const MINUTE = 60_000;

export class Schedule {
  readonly #task: ScheduledTask;
  readonly #hasSeconds: boolean;

  /** `field` begins the message of a ConfigError CONFIG_INVALID. */
  constructor(line: string, timezone: string | undefined, field: string) {
    checkLine(line, `${field}: schedule`);
    if (timezone !== undefined) checkZone(timezone, `${field}: timezone`);
    this.#hasSeconds = line.trim().split(/\s+/).length > 5;
    this.#task = cron.createTask(line, () => {}, timezone === undefined ? {} : { timezone });
  }

  /** The next time after now; undefined where the line names none any more. */
  next(): Date | undefined {
    return this.#task.getNextRuns(1)[0];
  }

  /** Whether a time lies after `from` and not after `to`. */
  hasBetween(from: Date, to: Date): boolean {
    const step = this.#hasSeconds ? 1000 : MINUTE;
    const first = Math.floor(from.getTime() / step) * step + step;
    if ((to.getTime() - first) / step > LOOK_BACK) return true;
    for (let time = first; time <= to.getTime(); time += step) {
      if (this.#task.match(new Date(time))) return true;
    }
    return false;
  }

  /** node-cron keeps a list of all tasks. */
  end(): void {
    void this.#task.destroy();
  }
}

function checkLine(line: string, field: string): void {
  const { valid, errors } = cron.validateDetailed(line);
  if (valid) return;
  const [first] = errors;
  throw new ConfigError(
    'CONFIG_INVALID',
    `${field}: '${line}' is no cron line${first === undefined ? '' : `: ${first.message}`}`,
    { hint: "minute, hour, day of the month, month, day of the week, as '30 3 * * *'" },
  );
}

function checkZone(timezone: string, field: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch (cause) {
    throw new ConfigError('CONFIG_INVALID', `${field}: there is no time zone '${timezone}'`, {
      cause,
      hint: "write it as in the tz database, as 'Europe/Zurich'",
    });
  }
}
