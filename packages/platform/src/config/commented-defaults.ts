import { defaultImages } from './default-images.js';

const images = defaultImages
  .map(({ id, types, command }) => {
    const run =
      command === undefined ? '' : `, command: [${command.map((word) => `"${word}"`).join(', ')}]`;
    return `#   - { id: "${id}", types: [${types.join(', ')}]${run} }`;
  })
  .join('\n');

/** The first `platform.yaml`: says what can be changed, and changes nothing. */
export const commentedDefaults = `# Configuration of this local Science Platform. It is read when the platform starts.
# Every key is optional; the values below are the defaults.
version: 1

# What a session may ask for. "auto" follows what the machine has.
# limits:
#   maxInteractiveSessions: 5            # sessions of one user that are not headless
#   maxInteractiveSessionsAsText: false  # true sends the number as text, as some servers do
#   cores:     { default: 1, defaultRequest: 1, defaultLimit: auto, options: auto }
#   memoryGiB: { default: 1, defaultRequest: 1, defaultLimit: auto, options: auto }
#   gpus: []

# What all running sessions share; more than the machine has is allowed.
# capacity: { cores: auto, memoryGiB: auto }

# How long sessions live, and how long they stay listed after they finished, in seconds.
# lifetimes:
#   interactiveSeconds: 345600
#   headlessSeconds: 1209600
#   keepInteractiveSeconds: 86400
#   keepHeadlessSeconds: 3600
#   stopGraceMs: 2000                    # between asking a session to end and ending it

# Users beside the main one. "access: false" makes a user whom the platform refuses. A password is
# made for each of them and kept in private/users; "password" sets another one, in the form that
# hashPassword of skaha-platform gives it (scrypt$...).
# users:
#   - { name: guest }

# How an anonymous request is refused: 401, or 400 as Skaha 1.4.0 does.
# compatibility: { anonymousStatus: 401 }

# The images on offer, and what a headless session runs when it names no command.
# The process runner pulls nothing: it runs the programs of this machine. The command of a
# contributed image has to listen on 127.0.0.1, at the port it finds in the variable PORT.
# images:
${images}
`;
