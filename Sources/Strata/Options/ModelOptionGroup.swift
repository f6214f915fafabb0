import ArgumentParser
import Engine
import Traces

extension BOSChoice: ExpressibleByArgument {}

/// How to open a model where its files leave the user a choice.
struct ModelOptionGroup: ParsableArguments {
  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Open the model even though the program does not follow this setting of its files. May be given several times.",
      valueName: "name"))
  var acceptSetting: [String] = []

  @Option(help: ArgumentHelp("Begin texts with BOS, without it, or as the model's files say.", valueName: "choice"))
  var bos: BOSChoice = .model

  @Option(
    help: ArgumentHelp(
      "Add a LoRA adapter to the model: a folder of PEFT, a GGUF file, or org/name on the hub.", valueName: "adapter"))
  var adapter: String?

  var value: ModelOptions { ModelOptions(acceptedSettings: acceptSetting, bos: bos) }
}
