import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { REPO } from '../house/sources.ts';
import { Project } from './command-line.ts';

let project: Project;
beforeEach(() => {
  project = new Project();
});
afterEach(() => project.remove());

describe('init', () => {
  it('writes a configuration, and says where and what is next', async () => {
    const path = join(project.folder, 'mirror.config.ts');
    expect(await project.run('init')).toEqual({
      exit: 0,
      stdout: `wrote ${path}\nname your go.sum files in it, then run: modferry plan\n`,
      stderr: '',
    });
    expect(readFileSync(path, 'utf8')).toMatch(/^import \{ defineConfig \} from 'modferry';\n/);
  });

  it('writes one that loads as it is, with every commented line too', async () => {
    await project.run('init');
    project.write('go.sum', 'example.com/m v1.0.0/go.mod h1:flS2VctbRrTv+sBE+VKgxx6hlkMGPVz9MGOmzMYFg3k=\n');
    const plan = () => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [join(REPO, 'src/cli/main.ts'), 'plan'],
        {
          cwd: project.folder,
          encoding: 'utf8',
          env: { HOME: project.folder },
        },
      );
      return { status, stdout, stderr };
    };
    const planned = {
      status: 0,
      stderr: '',
      stdout: expect.stringContaining('1 module versions wanted: 0 present, 1 to fetch\n'),
    };
    expect(plan()).toEqual(planned);
    const text = readFileSync(join(project.folder, 'mirror.config.ts'), 'utf8');
    const uncommented = text.replace(/^ {2}\/\/ (upstream|private|accept): /gm, '  $1: ');
    expect(uncommented.match(/^ {2}(upstream|private|accept): /gm)).toHaveLength(3);
    project.write('mirror.config.ts', uncommented);
    expect(plan()).toEqual(planned);
  });

  it.each(['mirror.config.ts', 'etc/mine.mts'])('never writes over a configuration: %s', async (name) => {
    project.write(name, 'mine\n');
    const path = join(project.folder, name);
    const { exit, document } = await project.json('init', '--config', name);
    expect({ exit, document }).toEqual({
      exit: 2,
      document: {
        error: {
          code: 'USAGE',
          message: `${path}: is there already, and init never writes over a configuration`,
          hint: 'name another file with --config, or move that one away',
        },
      },
    });
    expect(readFileSync(path, 'utf8')).toBe('mine\n');
  });

  it('writes no second configuration beside one of another ending, which would then be passed over', async () => {
    project.configure({ seeds: ['.'] });
    expect((await project.run('init')).exit).toBe(2);
    expect(existsSync(join(project.folder, 'mirror.config.ts'))).toBe(false);
  });

  it('writes into the file that is named', async () => {
    const { exit, document } = await project.json('init', '--config', 'mine.mts');
    expect({ exit, document }).toEqual({ exit: 0, document: { file: join(project.folder, 'mine.mts') } });
  });

  it.each(['mine.json', 'mine.yaml', 'mine'])('writes no TypeScript into %s', async (name) => {
    const { exit, document } = await project.json('init', '--config', name);
    expect({ exit, document }).toMatchObject({
      exit: 2,
      document: {
        error: {
          code: 'USAGE',
          message: `${join(project.folder, name)}: init writes .ts, .mts, .js or .mjs`,
        },
      },
    });
    expect(existsSync(join(project.folder, name))).toBe(false);
  });

  it('says so where the folder is not there', async () => {
    const path = join(project.folder, 'none/mine.ts');
    const { exit, document } = await project.json('init', '--config', 'none/mine.ts');
    expect({ exit, document }).toMatchObject({
      exit: 2,
      document: { error: { code: 'USAGE', message: `${path}: there is no such folder` } },
    });
  });
});
