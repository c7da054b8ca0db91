// Validation of every object in conf/kubernetes against the schema of its kind. In an empty folder:
//   npm install kubernetes-models@5.1.0 @kubernetes-models/prometheus-operator@6.0.0 yaml
//   node .../tests/operations/validate_kubernetes.mjs
// KServe's kinds and kustomize's have no schema there, and it says so.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const modules = `${process.cwd()}/node_modules`
const folder = new URL('../../conf/kubernetes/', import.meta.url)
const load = file => import(pathToFileURL(`${modules}/${file}`))
const { parseAllDocuments } = await load('yaml/dist/index.js').then(m => m.default ?? m)

function schemaOf({ apiVersion, kind }) {
  const [version, group = ''] = apiVersion.split('/').reverse()
  const name = group === 'monitoring.coreos.com' ? '@kubernetes-models/prometheus-operator' : 'kubernetes-models'
  return [name, group, version, `${kind}.js`].filter(Boolean).join('/')
}

function objectsOf(file) {
  return parseAllDocuments(readFileSync(new URL(file, folder), 'utf8')).map(d => d.toJS()).filter(Boolean)
}

let wrong = 0
for (const file of readdirSync(folder).filter(name => name.endsWith('.yaml'))) {
  for (const object of objectsOf(file)) {
    const schema = schemaOf(object)
    if (!existsSync(`${modules}/${schema}`)) {
      console.log(`${file}: no schema for ${object.kind}`)
      continue
    }
    try {
      new (await load(schema))[object.kind](object).validate()
      console.log(`${file}: ${object.kind} is valid`)
    } catch (error) {
      wrong = 1
      console.log(`${file}: ${object.kind}: ${error.message}`)
    }
  }
}
process.exit(wrong)
