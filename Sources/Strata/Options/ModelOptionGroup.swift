import ArgumentParser
import Engine
import Traces

extension BOSChoice: ExpressibleByArgument {}

/// How to open a model where its files leave the user a choice.
struct ModelOptionGroup: ParsableArguments, GivenOptions {
  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Open the model even though the program does not follow this setting of its files. May be given several times.",
      valueName: "name"))
  var acceptSetting: [String] = []

  @Option(
    help: ArgumentHelp(
      "Begin texts with BOS (yes), without it (no), or as the model's files say (model, the default).",
      valueName: "choice"))
  var bos: BOSChoice?

  @Option(
    help: ArgumentHelp(
      "Add a LoRA adapter to the model: a folder of PEFT, a GGUF file, or org/name on the hub.", valueName: "adapter"))
  var adapter: String?

  var value: ModelOptions { ModelOptions(acceptedSettings: acceptSetting, bos: bos ?? .model) }

  var given: [String] {
    [("--accept-setting", !acceptSetting.isEmpty), ("--bos", bos != nil), ("--adapter", adapter != nil)].names
  }
}
