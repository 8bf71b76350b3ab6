/** The public face of the package: what a mirror.config.ts needs. */
export { defineConfig, env } from './config/define.ts';
export type { UserConfig } from './config/schema.ts';
export { ConfigError, MirrorError } from './errors.ts';
