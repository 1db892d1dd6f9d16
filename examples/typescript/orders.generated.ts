/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** What an order does to its target. */
export type OrderKind =
  /** Takes an existing one over. */
  | 'ASSOCIATE'
  /** Creates it. */
  | 'CREATE'
  /** Removes it. */
  | 'DELETE'
  /** Changes values. */
  | 'UPDATE';

/** The nine provisioning states (provisioning spec 1.1). */
export type ProvisioningState =
  /** 5: held until somebody reviews it. */
  | 'AWAITING_APPROVAL'
  /** 7: a rule or expression failed for it. */
  | 'ERROR'
  /** 3: the system or the operator reported an error. */
  | 'ERRORED'
  /** 8: answered OK, not seen in synchronized data yet. */
  | 'EXECUTED'
  /** 6: serves no purpose any more: past, or declined. */
  | 'INACTIVE'
  /** 0: needs no provisioning, or not due yet. */
  | 'NONE'
  /** 1: ready, not sent. */
  | 'PENDING'
  /** 2: handed over, no answer yet; manual: a ticket is open. */
  | 'TRANSMITTED'
  /** 4: seen in synchronized data. */
  | 'VERIFIED';

export type ExampleOrdersQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ExampleOrdersQuery = { orders: { nodes: Array<{ id: string, state: ProvisioningState, kind: OrderKind, createdAt: string, owner: { displayName: string } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ExampleWhoamiQueryVariables = Exact<{ [key: string]: never; }>;


export type ExampleWhoamiQuery = { me: { username: string, permissions: Array<string> } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}

export const ExampleOrdersDocument = new TypedDocumentString(`
    query ExampleOrders($first: Int, $after: String) {
  orders(first: $first, after: $after) {
    nodes {
      id
      state
      kind
      createdAt
      owner {
        displayName
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<ExampleOrdersQuery, ExampleOrdersQueryVariables>;
export const ExampleWhoamiDocument = new TypedDocumentString(`
    query ExampleWhoami {
  me {
    username
    permissions
  }
}
    `) as unknown as TypedDocumentString<ExampleWhoamiQuery, ExampleWhoamiQueryVariables>;