import { AsyncRequestHandler, conversationIn, parseJson, type SinkQuery } from '@bot/sink-kit'
import { BotError } from '@bot/core/backend'

interface Build {
  readonly project: string
  readonly status: string
}

/** A sink with a payload of its own: {"project": "site", "status": "green"}. */
export default class BuildSink extends AsyncRequestHandler {
  /** What it could not handle is answered 400 and never accepted. */
  override check(_path: string, _query: SinkQuery, content: string): void {
    readBuild(content)
  }

  override async processRequest(path: string, _query: SinkQuery, content: string): Promise<void> {
    const { project, status } = readBuild(content)
    await this.sendData(conversationIn(path), `**${project}**: ${status}`)
  }
}

function readBuild(content: string): Build {
  const body = parseJson(content) as Partial<Build> | null
  if (typeof body?.project !== 'string' || typeof body.status !== 'string') {
    throw new BotError('SINK_PAYLOAD', 'A build has "project" and "status", both strings.')
  }
  return { project: body.project, status: body.status }
}
