// What makes a certificate is a dev dependency, so tsup bundles it: behind its dynamic import it adds no package and no time to a start.
export { default } from '../../tsup.config.ts'
