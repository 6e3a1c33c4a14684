/** The words to complete: the commands and options that are defined for Commander. */
import type { Command, Option } from 'commander';

/** A command, and what may follow it. */
export interface Node {
  /** `auth hash`, without the name of the program. */
  readonly path: string;
  readonly name: string;
  readonly description: string;
  readonly children: readonly Node[];
  readonly options: readonly Choice[];
}

/** An option. */
export interface Choice {
  readonly long: string;
  readonly description: string;
  /** Whether it takes a value. */
  readonly takesValue: boolean;
  /** The possible values, if they are few. */
  readonly values: readonly string[];
  /** Whether its value is the name of a file. */
  readonly isFile: boolean;
}

export function nodesOf(command: Command, path = ''): Node {
  const name = command.name();
  return {
    path,
    name,
    description: command.description(),
    children: command.commands.map((child) =>
      nodesOf(child, path === '' ? child.name() : `${path} ${child.name()}`),
    ),
    options: [...command.options.filter(({ hidden }) => !hidden).map(choiceOf), HELP],
  };
}

const HELP: Choice = {
  long: '--help',
  description: 'display help',
  takesValue: false,
  values: [],
  isFile: false,
};

function choiceOf(option: Option): Choice {
  return {
    long: option.long ?? option.flags,
    description: option.description,
    takesValue: option.required || option.optional,
    values: option.argChoices ?? [],
    isFile: option.flags.includes('<file>'),
  };
}

/** The program and all its commands. */
export function flat(node: Node): Node[] {
  return [node, ...node.children.flatMap(flat)];
}
