import { asked } from '../../graphql/ahead'
import { JobListDocument } from './job.generated'

/** What the page of jobs asks for first. */
export const jobs = () => asked(JobListDocument, {})
