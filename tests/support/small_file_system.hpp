#pragma once

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace idnode::test {

/// What a sentence begins with that says what the system has refused a test.
inline constexpr std::string_view not_permitted = "not permitted: ";

inline std::string refusal_of(const char* what) {
    return std::string{not_permitted} + what + ": " + std::strerror(errno);
}

/// Gives the process a view of the file system of its own, with a small one mounted at `place`.
/// It must have one thread only. Returns what of it the system refused, or nothing.
inline std::string mount_small(const std::filesystem::path& place, const char* options) {
    const uid_t user = ::getuid();
    const gid_t group = ::getgid();
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) {
        std::ofstream{"/proc/self/setgroups"} << "deny";
        std::ofstream{"/proc/self/uid_map"} << "0 " << user << " 1";
        std::ofstream{"/proc/self/gid_map"} << "0 " << group << " 1";
    } else if (::unshare(CLONE_NEWNS) != 0) {  // which takes an administrator
        return refusal_of("unshare");
    }
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return refusal_of("mount");
    if (::mount("none", place.c_str(), "tmpfs", 0, options) != 0) return refusal_of("mount");
    return {};
}

/// Gives what `mount_small` has mounted another size. Returns what the system refused, or nothing.
inline std::string remount(const std::filesystem::path& place, const char* options) {
    if (::mount("none", place.c_str(), nullptr, MS_REMOUNT, options) != 0)
        return refusal_of("remount");
    return {};
}

}  // namespace idnode::test
