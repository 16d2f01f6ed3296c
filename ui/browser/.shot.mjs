import { launch } from '/work/main/ui/browser/launch.mjs';
const b = await launch();
const [,, url, out, w='1440', h='900', scheme='dark', wait='4000'] = process.argv;
const ctx = await b.newContext({viewport:{width:+w,height:+h}, colorScheme: scheme});
const p = await ctx.newPage(); p.on('console', m=>console.log(m.type(), m.text())); p.on('pageerror', e=>console.log('ERR', e.message));
await p.goto(url); await p.waitForTimeout(+wait); await p.screenshot({path: out}); await b.close();
