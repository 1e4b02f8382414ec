// martlet engines: what can run here, and why the rest cannot.
#include "engines/registry.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdlib>

#include "command_line.h"
#include "console.h"
#include "core/cpu.h"
#include "images/decode.h"
#include "rows/parquet_plugin.h"
#include "verbs.h"

namespace martlet::cli {
namespace {

namespace json = boost::json;

/// One thing that may or may not work here, and why not.
struct Ability {
  std::string name;
  std::string reason;    // empty: it works
  std::string detail{};  // version and place of what works; may be empty
};

struct Machine {
  std::string cpu{cpu_name()};
  int threads = usable_cpus();
  Result<Isa> selected_isa = select_isa();  // the level that runs, or why there is none
  std::string forced_isa;                   // MARTLET_FORCE_ISA
  std::vector<Ability> isas;
  std::vector<Ability> engines;
  Ability parquet{.name = "parquet", .reason = load_parquet_plugin().status().message()};
  Ability images{.name = "images", .reason = load_image_codecs().message()};
};

Machine look_at_machine() {
  Machine machine;
  if (const char* forced = std::getenv("MARTLET_FORCE_ISA")) machine.forced_isa = forced;
  for (const Isa isa : all_isas()) {
    machine.isas.push_back(
        {std::string(to_string(isa)),
         is_supported(isa) ? "" : "the processor or the system does not have it"}
    );
  }
  for (const EngineStatus& engine : engine_statuses()) {
    machine.engines.push_back({std::string(engine.name), engine.status.message(), engine.detail});
  }
  return machine;
}

json::object to_json(const Ability& ability) {
  json::object object{{"name", ability.name}, {"available", ability.reason.empty()}};
  if (!ability.reason.empty()) object["reason"] = ability.reason;
  if (!ability.detail.empty()) object["detail"] = ability.detail;
  return object;
}

json::array to_json(const std::vector<Ability>& abilities) {
  json::array array;
  for (const Ability& ability : abilities) array.push_back(to_json(ability));
  return array;
}

std::string as_json(const Machine& machine) {
  json::object object{
      {"version", MARTLET_VERSION},          {"cpu", machine.cpu},
      {"usable_cpus", machine.threads},      {"isa_levels", to_json(machine.isas)},
      {"engines", to_json(machine.engines)}, {"parquet", to_json(machine.parquet)},
      {"images", to_json(machine.images)},
  };
  if (machine.selected_isa) {
    object["isa"] = std::string(to_string(*machine.selected_isa));
  } else {
    object["isa"] = nullptr;
    object["isa_reason"] = machine.selected_isa.error().message();
  }
  object["forced_isa"] =
      machine.forced_isa.empty() ? json::value() : json::value(machine.forced_isa);
  return json::serialize(object) + "\n";
}

std::string answer(const Ability& ability) {
  if (!ability.reason.empty()) return "no: " + ability.reason;
  return ability.detail.empty() ? "yes" : "yes, " + ability.detail;
}

std::string line(const Ability& ability) {
  return fmt::format("  {:<13}{}\n", ability.name, answer(ability));
}

std::string as_text(const Machine& machine) {
  std::string text = fmt::format(
      "processor     {}\nusable CPUs   {} (threads of a run, unless --threads says "
      "otherwise)\n\nISA levels\n",
      machine.cpu, machine.threads
  );
  for (const Ability& isa : machine.isas) text += line(isa);
  text += fmt::format(
      "  {:<13}{}", "runs",
      machine.selected_isa ? std::string(to_string(*machine.selected_isa))
                           : "nothing: " + machine.selected_isa.error().message()
  );
  if (!machine.forced_isa.empty())
    text += fmt::format(" (MARTLET_FORCE_ISA={})", machine.forced_isa);
  text += "\n\nengines\n";
  for (const Ability& engine : machine.engines) text += line(engine);
  return text + "\nplug-ins\n" + line(machine.parquet) + line(machine.images);
}

}  // namespace

Status engines(Arguments arguments) {
  bool json_wanted = false;
  CommandLine line({
      .verb = "engines",
      .arguments = "",
      .summary = "Shows the engines, the processor's ISA levels and the plug-ins that work on this "
                 "machine,\n"
                 "and for the others why not.",
      .examples = "  martlet engines\n  MARTLET_FORCE_ISA=avx2 martlet engines --json\n",
  });
  line.app().add_flag("--json", json_wanted, "One JSON object instead of text");
  const Result<bool> wanted = line.parse(arguments);
  if (!wanted || !*wanted) return wanted.status();
  const Machine machine = look_at_machine();
  return print(json_wanted ? as_json(machine) : as_text(machine));
}

}  // namespace martlet::cli
