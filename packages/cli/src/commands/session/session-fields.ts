import type { DataFields } from '@skaha/terminal/output/field.js';

/** The fields of a session in machine output, in the order of the Skaha API. */
export const sessionFields: DataFields = {
  names: [
    'id',
    'userid',
    'runAsUID',
    'runAsGID',
    'supplementalGroups',
    'appid',
    'image',
    'type',
    'status',
    'name',
    'startTime',
    'expiryTime',
    'connectURL',
    'requestedRAM',
    'requestedCPUCores',
    'requestedGPUCores',
    'ramInUse',
    'gpuRAMInUse',
    'cpuCoresInUse',
    'gpuUtilization',
    'isFixedResources',
  ],
  aliases: {
    kind: 'type',
    user: 'userid',
    started: 'startTime',
    expires: 'expiryTime',
    url: 'connectURL',
    cores: 'requestedCPUCores',
    memory: 'requestedRAM',
    gpus: 'requestedGPUCores',
  },
  open: true,
};
