/** What went over the wire: counters for the run's report, and how many bodies share the line at this moment. */
export class Traffic {
  /** HTTP requests sent, with retries and redirects. */
  requests = 0;
  /** Bytes of bodies that arrived, wanted or not. */
  bytes = 0;
  /** Bodies under way. */
  bodies = 0;
}
