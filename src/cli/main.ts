const [major, minor] = process.versions.node.split('.').map(Number);
console.log(major, minor);
import('../x.ts').then((m) => console.log(m.y), (e) => console.log('ERR', e.code));
