import { asked, firstPage } from '../../graphql/ahead'
import { ConnectorListDocument } from './ConnectorListPage.generated'
import { ConnectorDetailDocument } from './ConnectorPage.generated'

// What the pages of systems ask for first.

export const systems = () => firstPage(ConnectorListDocument, {})
export const system = ({ connector = '' }: { connector?: string }) => asked(ConnectorDetailDocument, { connector })
