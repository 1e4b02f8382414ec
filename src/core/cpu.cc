#include "core/cpu.h"

#include <cpuid.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "core/amx_probe.h"
#include "core/error.h"

namespace martlet {
namespace {

constexpr std::array kIsas{
    Isa::kScalar,     Isa::kAvx2,       Isa::kAvx2Vnni, Isa::kAvx512,
    Isa::kAvx512Vnni, Isa::kAvx512Bf16, Isa::kAmx,
};

std::string read_cpu_name() {
  std::array<unsigned, 12> words{};
  for (unsigned leaf = 0; leaf < 3; ++leaf) {
    unsigned* w = words.data() + 4 * leaf;
    if (__get_cpuid(0x80000002U + leaf, &w[0], &w[1], &w[2], &w[3]) == 0)
      return "unknown processor";
  }
  std::array<char, sizeof(words) + 1> text{};
  std::memcpy(text.data(), words.data(), sizeof(words));
  std::string name = text.data();
  name.erase(0, name.find_first_not_of(' '));
  name.erase(name.find_last_not_of(' ') + 1);
  return name;
}

/// The cgroup CPU quota in cores, or 0 when there is none. Version 2 has "cpu.max" with "quota
/// period" or "max period"; version 1 has the two numbers in two files, -1 for no quota. A
/// container sees its own group at the mount's root; elsewhere /proc/self/cgroup says which group,
/// and every parent's quota binds as well.
double quota_in(const std::string& directory) {
  double quota = 0;
  double period = 0;
  if (std::ifstream v2(directory + "/cpu.max"); v2 >> quota >> period && period > 0)
    return quota / period;
  std::ifstream v1_quota(directory + "/cpu.cfs_quota_us");
  std::ifstream v1_period(directory + "/cpu.cfs_period_us");
  if (v1_quota >> quota && v1_period >> period && quota > 0 && period > 0) return quota / period;
  return 0;
}

double cgroup_quota() {
  double least = 0;
  const auto consider = [&least](double quota) {
    if (quota > 0 && (least == 0 || quota < least)) least = quota;
  };
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool v2 = controllers.empty();
    std::istringstream list(controllers);
    bool has_cpu = v2;
    for (std::string name; std::getline(list, name, ',');) has_cpu |= name == "cpu";
    if (!has_cpu) continue;
    const std::string root = v2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/" + controllers;
    for (std::string path = line.substr(second + 1);; path.resize(path.rfind('/'))) {
      consider(quota_in(root + (path == "/" ? "" : path)));
      if (path.empty() || path.rfind('/') == std::string::npos) break;
    }
    consider(quota_in(root));
  }
  return least;
}

std::string isa_names() {
  std::string names;
  for (const Isa isa : kIsas) names.append(names.empty() ? "" : ", ").append(to_string(isa));
  return names;
}

/// AVX-VNNI (the 256-bit form) has no name in __builtin_cpu_supports: CPUID leaf 7, subleaf 1, EAX
/// bit 4.
bool has_avx_vnni() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a >> 4 & 1U) != 0;
}

}  // namespace

std::string_view to_string(Isa isa) noexcept {
  switch (isa) {
    case Isa::kScalar:
      return "scalar";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx2Vnni:
      return "avx2_vnni";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAvx512Vnni:
      return "avx512_vnni";
    case Isa::kAvx512Bf16:
      return "avx512_bf16";
    case Isa::kAmx:
      return "amx";
  }
  return "unknown";
}

std::span<const Isa> all_isas() noexcept { return kIsas; }

bool is_supported(Isa isa) noexcept {
  // __builtin_cpu_supports asks XCR0 too, so a level the operating system does not save is not
  // reported.
  switch (isa) {
    case Isa::kScalar:
      return true;
    case Isa::kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
             __builtin_cpu_supports("f16c");
    case Isa::kAvx2Vnni:
      return is_supported(Isa::kAvx2) && has_avx_vnni();
    case Isa::kAvx512:
      return is_supported(Isa::kAvx2) && __builtin_cpu_supports("avx512f") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512vl");
    case Isa::kAvx512Vnni:
      return is_supported(Isa::kAvx512) && __builtin_cpu_supports("avx512vnni");
    case Isa::kAvx512Bf16:
      return is_supported(Isa::kAvx512Vnni) && __builtin_cpu_supports("avx512bf16");
    case Isa::kAmx: {
      static const bool works = is_supported(Isa::kAvx512Bf16) && amx_works();
      return works;
    }
  }
  return false;
}

Result<Isa> select_isa() {
  const char* forced = std::getenv("MARTLET_FORCE_ISA");
  if (forced == nullptr || *forced == '\0') {
    return *std::find_if(kIsas.rbegin(), kIsas.rend(), &is_supported);
  }
  const auto* isa =
      std::find_if(kIsas.begin(), kIsas.end(), [forced](Isa i) { return to_string(i) == forced; });
  if (isa == kIsas.end()) {
    return error(
        StatusCode::kInvalidArgument, "MARTLET_FORCE_ISA", "got '{}', expected one of {}", forced,
        isa_names()
    );
  }
  if (!is_supported(*isa)) {
    return error(
        StatusCode::kUnavailable, "MARTLET_FORCE_ISA", "this processor cannot run '{}'", forced
    );
  }
  return *isa;
}

std::string_view cpu_name() noexcept {
  static const std::string name = read_cpu_name();
  return name;
}

int usable_cpus() noexcept {
  cpu_set_t mask;
  int count = 0;
  if (::sched_getaffinity(0, sizeof(mask), &mask) == 0) count = CPU_COUNT(&mask);
  if (count == 0) count = static_cast<int>(std::thread::hardware_concurrency());
  if (const double quota = cgroup_quota(); quota > 0) {
    count = std::min(count, static_cast<int>(std::ceil(quota)));
  }
  return std::max(count, 1);
}

}  // namespace martlet
