// @ts-check
// The page of the dashboards: what is said until Python draws them, and the ways to it and back.

export const dashboard = {
  item: 'Dashboards',
  title: 'Dashboards',
  stages: {
    python: 'Starting Python for the dashboards.',
    packages: 'Loading Panel.',
    dashboards: 'Drawing the dashboards.',
  },
  reading: 'Reading the runs from this browser.',
  byState: 'Runs by state',
  newest: 'Newest runs',
  none: 'No runs yet. Start one in the playground: it appears here.',
  columns: {name: 'Run', tenant: 'Tenant', state: 'State', created: 'Created'},
  failed: 'The dashboards could not start. Runs are untouched and go on; what is below is kept up without them.',
  missing: 'Files of the dashboards did not arrive. Look at the network, then reload this page.',
  details: 'What Python said',
  reload: 'Reload',
};
