// Lists the newest orders of a Writ server, as a program of your company would: it comes in as an API client, gets an access token by OAuth 2.0 client
// credentials, and asks with types that are made from the schema. Runs on Node 20 without any package; its types come with `npm install`.
//
//   npm install && npx tsc -p . && WRIT_URL=http://localhost:8080 WRIT_CLIENT_ID=ticket-bridge WRIT_CLIENT_SECRET=writ_cs_… node build/orders.js
//
// orders.generated.ts is made by @graphql-codegen from orders.graphql and the schema of the server (/graphql/schema).
import {
  ExampleOrdersDocument,
  ExampleWhoamiDocument,
  type ExampleOrdersQuery,
  type TypedDocumentString,
} from "./orders.generated.js";

const url = (process.env["WRIT_URL"] ?? "http://localhost:8080").replace(
  /\/$/,
  "",
);

interface Token {
  value: string;
  endsAt: number;
}

let token: Token | undefined;

/** An access token that is good for another half minute at least. */
async function accessToken(): Promise<string> {
  if (token && token.endsAt - Date.now() > 30_000) return token.value;
  const answer = await fetch(`${url}/oauth/token`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: process.env["WRIT_CLIENT_ID"] ?? "",
      client_secret: process.env["WRIT_CLIENT_SECRET"] ?? "",
    }),
  });
  const body = (await answer.json()) as {
    access_token: string;
    expires_in: number;
    error_description?: string;
  };
  if (!answer.ok)
    throw new Error(`No token: ${body.error_description ?? answer.statusText}`);
  token = {
    value: body.access_token,
    endsAt: Date.now() + body.expires_in * 1000,
  };
  return token.value;
}

/** Asks, and gives data whose type the document knows. */
async function ask<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const answer = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${await accessToken()}`,
    },
    body: JSON.stringify({ query: document.toString(), variables }),
  });
  const body = (await answer.json()) as {
    data?: Data;
    errors?: { message: string }[];
  };
  if (body.errors)
    throw new Error(body.errors.map((e) => e.message).join("\n"));
  if (!body.data) throw new Error(answer.statusText);
  return body.data;
}

const { me } = await ask(ExampleWhoamiDocument, {});
console.log(`${me.username} may ${me.permissions.join(", ")}`);
let after: string | null = null;
for (let page = 0; page < 4; page++) {
  const { orders }: ExampleOrdersQuery = await ask(ExampleOrdersDocument, {
    first: 50,
    after,
  });
  for (const order of orders.nodes) {
    console.log(
      `${order.createdAt.slice(0, 16)}  ${order.kind.padEnd(8)} ${order.state.padEnd(18)} ${order.owner?.displayName ?? "nobody"}`,
    );
  }
  if (!orders.pageInfo.hasNextPage) break;
  after = orders.pageInfo.endCursor;
}
