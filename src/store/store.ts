/** The state database as the rest of the program sees it: the ledger, the log's records, the runs and the snapshots over one file. */
import { Ledger } from './ledger.ts';
import { LogRecords } from './log-records.ts';
import { type Db, openForReading, openForWriting } from './open.ts';
import { Runs } from './runs.ts';
import { Snapshots } from './snapshots.ts';

export class Store {
  readonly ledger: Ledger;
  readonly log: LogRecords;
  readonly runs: Runs;
  readonly snapshots: Snapshots;
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
    this.ledger = new Ledger(db);
    this.log = new LogRecords(db, this.ledger);
    this.runs = new Runs(db, this.ledger);
    this.snapshots = new Snapshots(db, this.ledger);
  }

  /** Makes the file and brings its schema up to date; only the holder of the lease may. */
  static forWriting(file: string, now: () => Date): Store {
    return new Store(openForWriting(file, now));
  }

  /** Undefined where no sync has made the file yet. */
  static forReading(file: string): Store | undefined {
    const db = openForReading(file);
    return db && new Store(db);
  }

  close(): void {
    this.#db.close();
  }
}
