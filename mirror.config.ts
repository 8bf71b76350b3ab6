import { defineConfig } from 'modferry';

// The sample: two well-known projects' go.sum files, 17 MB to fetch. `npm start` mirrors them into ./mirror.
// Every field is described in README.md; `modferry init` writes a file like this one for your own projects.
export default defineConfig({
  mirror: './mirror',
  seeds: ['docs/examples'],
});
