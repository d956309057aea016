import { Command } from 'commander';
import { redactConfig } from '../config.ts';
import { SETTINGS, environmentName } from '../config/settings.ts';
import { configFromOptions, withConfigOptions } from './options.ts';

export function configCommand(): Command {
  return withConfigOptions(new Command('config'))
    .description('print the configuration as the gateway would use it, without its secrets')
    .option('--list', 'list every setting with its environment variable and meaning')
    .action((options: { readonly list?: true }) => {
      if (options.list === true) {
        for (const { path, kind, doc } of SETTINGS) {
          const file = kind === 'secret' || kind === 'secrets' ? '[_FILE]' : '';
          console.log(`${path}\n    ${environmentName(path)}${file}\n    ${doc}`);
        }
        return;
      }
      console.log(JSON.stringify(redactConfig(configFromOptions(options)), null, 2));
    });
}
