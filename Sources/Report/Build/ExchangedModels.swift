import Models
import Spec
import Words

/// Models of a spec whose own names are those of other ones: two folders that were exchanged give right numbers under wrong names.
struct ExchangedModels {
  let spec: ReportSpec

  /// What is said of a model that was given as numbers; nil where nothing speaks against it.
  ///
  /// - Parameter stated: What its numbers call it.
  func note(ofGiven index: Int, stated: String) -> String? {
    let own = spec.models[index]
    if stated != own.name, spec.models.contains(where: { $0.name == stated }) {
      let name = VisibleText.excerpt(of: stated, count: 80)
      return "its numbers call their model '\(name)', as another model of the spec is called: see whether two "
        + "folders are exchanged"
    }
    if let step = own.step, step.unit == nil, let other = TrainingStep(name: stated), other.number != step.number {
      return "its numbers are of step \(Wording.grouped(other.number)) by their name, and the spec takes them for "
        + "\(step.phrase): see whether two checkpoints are exchanged"
    }
    guard case .traces(let path) = own.reference else { return nil }
    return note(ofFolder: path, index)
  }

  /// What is said of a checkpoint whose folder is called after the step of another one; nil for others.
  func note(ofFolder path: String, _ index: Int) -> String? {
    guard let step = spec.models[index].step, step.unit == nil,
      let name = path.split(separator: "/").last(where: { $0 != "." }).map(String.init),
      case .success(let number) = TrainingStep.number(in: name), number != step.number,
      spec.models.contains(where: { $0.step?.run == step.run && $0.step?.number == number })
    else { return nil }
    return "the folder is called '\(VisibleText.excerpt(of: name, count: 80))', and the spec takes it for "
      + "\(step.phrase): see whether two checkpoints are exchanged"
  }
}
