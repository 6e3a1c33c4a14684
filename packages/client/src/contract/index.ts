/** Contracts that are there at run time: schemas that type, and check, what procedures and topics take and give. */
export { defineContract, typesOnly, type TypesOf } from './define.ts';
export { ValidationError, type ValidationIssue } from './validation-error.ts';
export type { ContractSchemas, ProcedureSchemas, TopicSchemas } from './schemas.ts';
export type {
  SchemaInput,
  SchemaIssue,
  SchemaOutput,
  SchemaResult,
  StandardSchema,
} from './standard-schema.ts';
