import Foundation
import Models
import Spec
import Words

extension Builder {
  /// Tells where a model on this machine has other files than the one of which the shards are.
  ///
  /// The gallery shows the shards: they need no model here. Files of a model that is here are hashed once, as for a run.
  func noteOtherFiles(_ settled: SettledCells, of spec: ReportSpec, base: URL, progress: ProgressHandler?) {
    guard let progress else { return }
    for (index, found) in settled.recorded.sorted(by: { $0.key < $1.key }) {
      let model = spec.models[index]
      // A model that is not here, or cannot be read, is none that a check could run.
      guard
        let here = try? store.resolve(
          model.reference, name: model.name, lens: model.lens, options: model.options, adapter: model.adapter,
          base: base, offline: true, progress: nil)
      else { continue }
      let parts = [
        ("the files of the model", found.model.sha256, here.sha256),
        (here.lens?.noun ?? "the lens", found.model.lens?.sha256 ?? "none", here.lens?.sha256 ?? "none"),
        ("the adapter", found.model.adapter?.sha256 ?? "none", here.adapter?.sha256 ?? "none"),
      ]
      for (what, shards, own) in parts where shards != own {
        progress(
          .note(
            "warning: \(model.name): \(what): the shards are of sha256 \(shards), and '\(model.reference.text)' on this "
              + "machine has sha256 \(own); the gallery shows the shards, and a build without --traces will differ"))
      }
    }
  }
}
