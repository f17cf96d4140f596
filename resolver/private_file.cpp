#include "resolver/private_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>

#include "resolver/net/file_descriptor.hpp"

namespace idnode::resolver {

void write_private_file(const std::filesystem::path& file, std::string_view text) {
    const std::filesystem::path draft = file.string() + ".new";
    std::filesystem::remove(draft);
    {
        const FileDescriptor out{
            ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
        const bool written =
            out.number() >= 0 &&
            ::write(out.number(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
            ::fsync(out.number()) == 0;
        if (!written) throw std::runtime_error{"cannot write " + draft.string()};
    }
    std::filesystem::rename(draft, file);
}

}  // namespace idnode::resolver
