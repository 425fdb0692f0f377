import { ifFound } from "./aws-error.js";
import { defineAwsService, type AwsScope } from "./aws-service.js";

const s3 = defineAwsService(
  "s3",
  () => import("@aws-sdk/client-s3"),
  // An endpoint of our own has no name per bucket.
  (sdk, settings) => new sdk.S3Client({ ...settings, forcePathStyle: settings.endpoint !== undefined }),
);

/** Whether an object exists. @throws AwsCallError */
export async function objectExists(scope: AwsScope, bucket: string, key: string): Promise<boolean> {
  const output = await ifFound(
    s3.call(scope, (client, sdk, options) =>
      client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: key }), options),
    ),
  );
  return output !== undefined;
}

/** Puts a small text object. @throws AwsCallError */
export async function putTextObject(scope: AwsScope, bucket: string, key: string, text: string): Promise<void> {
  await s3.call(scope, (client, sdk, options) =>
    client.send(
      new sdk.PutObjectCommand({ Bucket: bucket, Key: key, Body: text, ContentType: "application/json" }),
      options,
    ),
  );
}
