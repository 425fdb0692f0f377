/** What an instance has to know when it starts. */
export interface UserDataArgs {
  readonly app: string;
  readonly region: string;
  readonly databaseIdentifier: string;
  readonly imagesBucket: string;
  /** Port on which the application answers. */
  readonly port: number;
}

/** Key of the executable that instances start, in the images bucket of their own Region. */
export const releaseKey = "release/start";

/**
 * The script that an instance runs when it boots: it notes its settings, asks RDS for the database's address and starts
 * the release.
 *
 * The database is named by its identifier, which a Region's name and the app's fix. Its address holds an id that RDS
 * makes up, and reading that in the program would make the web tier wait for the promotion of the database.
 */
export function userData(args: UserDataArgs): string {
  const settings = `/etc/${args.app}.env`;
  return `#!/bin/bash
set -euo pipefail
cat > ${settings} <<'SETTINGS'
DATABASE_IDENTIFIER=${args.databaseIdentifier}
IMAGES_BUCKET=${args.imagesBucket}
APP_REGION=${args.region}
PORT=${args.port}
SETTINGS
set -a; . ${settings}; set +a

address() {
  aws rds describe-db-instances --region "$APP_REGION" --db-instance-identifier "$DATABASE_IDENTIFIER" \\
    --query 'DBInstances[0].Endpoint.Address' --output text
}
until DATABASE_ADDRESS=$(address) && [ "$DATABASE_ADDRESS" != None ]; do sleep 5; done
echo "DATABASE_ADDRESS=$DATABASE_ADDRESS" >> ${settings}

aws s3 cp --region "$APP_REGION" "s3://$IMAGES_BUCKET/${releaseKey}" /usr/local/bin/${args.app}
chmod +x /usr/local/bin/${args.app}
systemd-run --unit ${args.app} --property EnvironmentFile=${settings} --property Restart=always /usr/local/bin/${args.app}
`;
}
