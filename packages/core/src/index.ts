export * from './contract/errors.ts'
