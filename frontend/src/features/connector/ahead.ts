import { asked } from '../../graphql/ahead'
import { ConnectorDetailDocument, ConnectorListDocument } from './connector.generated'

// What the pages of systems ask for first.

export const systems = () => asked(ConnectorListDocument, {})
export const system = () => asked(ConnectorDetailDocument, {})
