/**
 * A self-signed certificate for 127.0.0.1 and localhost, made by openssl when the tests run: nothing that could expire
 * or be taken for a secret lies in the repository.
 */
import { execFileSync } from 'node:child_process';

export interface TestCertificate {
  readonly key: string;
  /** It is its own authority. */
  readonly cert: string;
}

const REQUEST = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 2 -subj /CN=test';

/** Undefined, said loudly, where there is no openssl. */
export function makeCertificate(names = 'IP:127.0.0.1,DNS:localhost'): TestCertificate | undefined {
  const output = ['-addext', `subjectAltName=${names}`, '-keyout', '-', '-out', '-'];
  try {
    const pem = execFileSync('openssl', [...REQUEST.split(' '), ...output], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [key = ''] = pem.match(/-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/) ?? [];
    const [cert = ''] = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/) ?? [];
    return { key, cert };
  } catch (error) {
    process.stderr.write(`SKIPPED: the tests of TLS, since openssl does not work: ${error}\n`);
    return undefined;
  }
}
