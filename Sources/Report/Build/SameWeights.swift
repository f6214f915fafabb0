import Engine
import Spec
import Traces
import Words

/// Models of a spec that are the same weights, opened and read in the same way, under two names: one folder that is given twice.
struct SameWeights {
  /// What decides the numbers of a model, whatever it is called.
  private struct Identity: Equatable {
    var model: Trace.Model
    var lens: Trace.Lens
    var changes: [RunChange]
  }

  private let spec: ReportSpec
  /// By indices of models.
  private var known: [Int: Identity] = [:]

  init(_ spec: ReportSpec) { self.spec = spec }

  /// Notes what numbers say of the model of an index, once for each.
  mutating func add(_ numbers: Numbers, of index: Int) {
    guard known[index] == nil else { return }
    var model = numbers.model
    (model.name, model.license, model.source) = ("", nil, nil)
    known[index] = Identity(model: model, lens: numbers.lens, changes: spec.models[index].changes)
  }

  /// A note for all models that are one, in the order of the spec.
  var notes: [String] {
    var groups: [(identity: Identity, names: [String])] = []
    for (index, identity) in known.sorted(by: { $0.key < $1.key }) {
      let name = spec.models[index].name
      if let place = groups.firstIndex(where: { $0.identity == identity }) {
        groups[place].names.append(name)
      } else {
        groups.append((identity, [name]))
      }
    }
    return groups.filter { $0.names.count > 1 }.map { identity, names in
      let listed = names.count > 6 ? names.prefix(5) + ["\(names.count - 5) more"] : names
      return
        "\(Wording.enumeration(listed)) have the same weights (SHA-256 \(identity.model.sha256.prefix(12))…) and are read in the "
        + "same way: see whether one of them should be another folder or revision"
    }
  }
}
