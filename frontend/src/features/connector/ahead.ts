import { asked, firstPage } from '../../graphql/ahead'
import { ConnectorDetailDocument, ConnectorListDocument } from './connector.generated'

// What the pages of systems ask for first.

export const systems = () => firstPage(ConnectorListDocument, {})
export const system = ({ connector = '' }: { connector?: string }) => asked(ConnectorDetailDocument, { connector })
