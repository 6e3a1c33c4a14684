/** Group: the workers of one machine, as one of them sees them. */
import type { AdminSurroundings } from './admin-realm/surroundings.ts';
import type { LoadedConfiguration } from './config/load.ts';
import type { HealthAnswers } from './health-answers.ts';
import type { Reloaded } from './reload.ts';

export interface Group {
  /** The configuration as this worker has it. @throws CannotStart for one that workers cannot have */
  adapt(loaded: LoadedConfiguration): LoadedConfiguration;
  /** The health of all workers. */
  readonly health: HealthAnswers;
  /** Asks the other workers what was called in the admin realm of this one. */
  readonly elsewhere: NonNullable<AdminSurroundings['elsewhere']>;
  /** Reloads the configuration of all workers. */
  reload(dryRun: boolean): Promise<Reloaded>;
}
