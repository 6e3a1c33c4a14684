// A vitest sequencer: first the test files that take longest, so that none of them goes on alone at the end, then project by project,
// as files share a process only while those of one project follow each other.
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The test files that take longest, from the root of the repository. */
export const LONGEST: readonly string[] = [
  'test/built-site.test.ts',
  'packages/router/test/faults/kill.test.ts',
  'packages/router/test/two-nodes.test.ts',
  'packages/router/test/model/cluster.test.ts',
  'packages/router/test/model/moves.test.ts',
  'apps/router/test/workers.test.ts',
  'apps/router/test/topologies.test.ts',
  'apps/dashboard/test/console.browser.test.ts',
  'apps/router/test/command-line.test.ts',
  'packages/protocol/test/elements.test.ts',
  'packages/client/test/declarations.test.ts',
  'apps/chat/test/pages.browser.test.ts',
  'packages/router/test/model/broker.test.ts',
  'packages/router/test/turns.test.ts',
  'apps/router/test/reload.test.ts',
  'apps/router/test/configuration-fuzz.test.ts',
  'interop/test/wire-fuzz.test.ts',
  'test/npm-start.test.ts',
  'test/first-steps.test.ts',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = (path: string) => (file: TestSpecification) => file.moduleId.endsWith(`/${path}`);
    const first = LONGEST.flatMap((path) => files.filter(isLong(path)));
    const others = await super.sort(files.filter((file) => !first.includes(file)));
    return [...first, ...others.toSorted((a, b) => a.project.name.localeCompare(b.project.name))];
  }
}
