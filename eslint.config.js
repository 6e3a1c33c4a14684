// Lint rules: the strictest type-checked sets of typescript-eslint; each exception says why.
import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { floorRules } from './test/floor-rules.mjs';

/**
 * Where types come from. `eslint .` has few programs, each made once; the forty projects of the compiler would work out the types of
 * most sources again and again. An editor, or a run for a few files, loads the project of a file.
 */
const types = process.argv.includes('.')
  ? { project: ['tsconfig.lint.json', 'packages/react/tsconfig.lint.json', 'interop/tsconfig.lint.json'] }
  : { projectService: true };

export default defineConfig(
  globalIgnores([
    '**/dist/',
    '**/coverage/',
    '**/.turbo/',
    '**/.cache/',
    'docs/api/',
    'docs/.vitepress/cache/',
  ]),
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { ...types, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // The compiler knows which globals exist in which package; this rule does not.
      'no-undef': 'off',
      // A number in a message reads the same everywhere; only objects and undefined print as nonsense.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // isolatedDeclarations wants a public property's type on the left; elsewhere it reads best on the right.
      '@typescript-eslint/consistent-generic-constructors': 'off',
      // `process.env['PORT']`: brackets mark a key that no type declares.
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      // `(value) => void send(value)` and `() => clearTimeout(timer)` are how callbacks are written.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // `interface Call extends MessageOf<'CALL'> {}` gives an inferred type the name that errors and editors show.
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
      // An underscore marks a parameter an interface asks for; `{ [key]: _, ...rest }` is how a key is left out.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    rules: {
      // A module with top-level await cannot be loaded with require().
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'Program > ExpressionStatement > AwaitExpression, Program > VariableDeclaration > VariableDeclarator > AwaitExpression',
          message: 'No top-level await in packages: it makes require() fail.',
        },
      ],
      'no-console': 'error',
    },
  },
  {
    files: ['{packages,apps,examples}/*/src/**/*.{ts,tsx}'],
    rules: {
      // A function fits on a screen, and a file holds one thing.
      'max-lines': ['error', { max: 350, skipBlankLines: false, skipComments: false }],
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: false, skipComments: false }],
    },
  },
  // What each folder may import. The compiler refuses timers, Node and the rest of the router in the core, this npm packages as well.
  floorRules({
    'packages/router/src/core': [
      { regex: '^(?!@wamp/protocol$|\\.\\.?/)', message: 'The core imports only @wamp/protocol and itself.' },
    ],
  }),
);
