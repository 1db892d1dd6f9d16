import { firstPage } from '../../graphql/ahead'
import { JobListDocument } from './JobListPage.generated'

/** What the page of jobs asks for first. */
export const jobs = () => firstPage(JobListDocument, {})
