import { connection } from 'next/server';
import { App } from '../phone/App.tsx';

/** Rendered on the server: what the phone needs to know of the surroundings is read there, at each request. */
export default async function Page() {
  await connection();
  return <App gateway={process.env['GATEWAY'] ?? 'ws://localhost:8080'} />;
}
