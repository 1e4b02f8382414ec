// Plug-ins: parts of martlet in libraries of their own, martlet_<part>.so, because what they stand
// on is large and martlet starts faster, and works, without it.
#pragma once

#include <string_view>

#include "martlet/status.h"

namespace martlet {

struct PluginName {
  std::string_view where;   // the part, as messages name it
  std::string_view file;    // e.g. "martlet_parquet.so"
  const char* symbol;       // of the function that the plug-in exports
  std::string_view advice;  // what to do when there is no such file
};

/// Loads the plug-in for good: objects it made may outlive any scope. It is looked for in
/// MARTLET_PLUGIN_DIR if that is set, else beside the program and in ../lib/martlet. The address of
/// its symbol, or kUnavailable, with what to do about it.
Result<void*> load_plugin_symbol(const PluginName& name);

Status wrong_plugin_version(const PluginName& name, unsigned got, unsigned expected);

/// `Plugin` has a field `version`, which must be Plugin::kVersion; the plug-in's symbol is a
/// function that returns a pointer to one.
template <class Plugin>
Result<const Plugin*> load_plugin(const PluginName& name) {
  const auto symbol = load_plugin_symbol(name);
  if (!symbol) return symbol.error();
  const Plugin* plugin = reinterpret_cast<const Plugin* (*)()>(*symbol)();
  if (plugin == nullptr) return wrong_plugin_version(name, 0, Plugin::kVersion);
  if (plugin->version != Plugin::kVersion) {
    return wrong_plugin_version(name, plugin->version, Plugin::kVersion);
  }
  return plugin;
}

}  // namespace martlet
