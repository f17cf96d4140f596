#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <vector>

#include "registry/store.hpp"
#include "tests/end_to_end/http.hpp"
#include "tests/end_to_end/messages.hpp"
#include "tests/end_to_end/node.hpp"
#include "tests/end_to_end/records.hpp"

namespace idnode::end_to_end {
namespace {

constexpr std::size_t record_count = 400;
constexpr std::size_t large_octets = 20'000;  ///< in pages of its own

std::string handle_at(std::size_t number) { return "88.118.8/C" + std::to_string(number); }

/// A node that has to ask the disk for its records: nothing of its file is in memory at the start.
class ColdNode : public ::testing::Test {
protected:
    void SetUp() override {
        node_.home("88.118.8");
        std::string records;
        for (std::size_t number = 0; number < record_count; ++number)
            records += make_large_record(handle_at(number), number % 8 == 0 ? large_octets : 1000);
        node_.import(records);
    }

    /// Skips the test where the system does not let go of a file's pages.
    void start(const std::string& udp = {}) {
        node_.write_config("front: {enabled: false}\nudp: {amplification_max: 0, " + udp + "}\n");
        drop_pages();
        node_.start({.others = {"--workers", "1"}});
        cold_ = pages_in_memory() < 0.2;
    }

    double pages_in_memory() const {
        const int file = ::open(path().c_str(), O_RDONLY | O_CLOEXEC);
        const Descriptor closes{file};
        struct stat status {};
        ::fstat(file, &status);
        const auto size = static_cast<std::size_t>(status.st_size);
        void* const map = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
        std::vector<unsigned char> pages((size + 4095) / 4096);
        ::mincore(map, size, pages.data());
        ::munmap(map, size);
        std::size_t present = 0;
        for (const unsigned char page : pages) present += page & 1;
        return static_cast<double>(present) / static_cast<double>(pages.size());
    }

    Node node_;
    bool cold_ = false;

private:
    std::string path() const { return node_.data() + "/" + registry::Store::file_name; }
    void drop_pages() const {
        const Descriptor file{::open(path().c_str(), O_RDWR | O_CLOEXEC)};
        ::fsync(file.number());
        ::posix_fadvise(file.number(), 0, 0, POSIX_FADV_DONTNEED);
    }
};

TEST_F(ColdNode, SetsDatagramsAsideUntilTheDiskDeliversAndAnswersEach) {
    start();
    UdpSocket udp{node_.handle()};
    for (std::size_t number = 1; number < record_count; number += 2)
        udp.send(encode(
            {.handle = handle_at(number), .request_id = static_cast<std::uint32_t>(number)}));
    std::size_t answers = 0;
    for (std::size_t number = 1; number < record_count; number += 2)
        answers += decode(join(receive_parts(udp))).code() == 1;
    EXPECT_EQ(answers, record_count / 2);
    if (!cold_) GTEST_SKIP() << "the system keeps the file in memory";
    EXPECT_GT(node_.metric("idnode_disk_waits_total"), 0);
}

TEST_F(ColdNode, SetsPipeliningConnectionsAsideAndAnswersInOrder) {
    start();
    TcpStream tcp{node_.handle()};
    std::string requests;
    for (std::size_t number = 0; number < record_count; ++number)
        requests +=
            encode({.handle = handle_at(number), .request_id = static_cast<std::uint32_t>(number)});
    tcp.send(requests);
    for (std::size_t number = 0; number < record_count; ++number) {
        const Answer answer = decode(receive_message(tcp));
        ASSERT_EQ(answer.envelope.request_id, number);
        ASSERT_EQ(handle_of(answer), handle_at(number));
    }
    if (!cold_) GTEST_SKIP() << "the system keeps the file in memory";
    EXPECT_GT(node_.metric("idnode_disk_waits_total"), 0);
}

TEST_F(ColdNode, AnswersHttpOnceTheDiskHasDelivered) {
    start();
    HttpConnection http{node_.http()};
    for (std::size_t number = 0; number < record_count; number += 16)
        EXPECT_EQ(http.get("/api/handles/" + handle_at(number)).status, 200U);
}

TEST_F(ColdNode, WaitsInPlaceWhenNothingMayBeSetAside) {
    start("waiting_requests_max: 0");
    UdpSocket udp{node_.handle()};
    for (std::size_t number = 0; number < record_count; number += 5)
        EXPECT_EQ(ask(udp, {.handle = handle_at(number)}).code(), 1U);
    EXPECT_EQ(node_.metric("idnode_disk_waits_total"), 0);
}

TEST_F(ColdNode, DropsAndCountsMoreDatagramsThanMayWait) {
    start("waiting_requests_max: 1");
    if (!cold_) GTEST_SKIP() << "the system keeps the file in memory";
    UdpSocket udp{node_.handle()};
    for (std::size_t number = 1; number < record_count; ++number)
        udp.send(encode({.handle = handle_at(number)}));
    EXPECT_TRUE(node_.wait_for_metric("idnode_refusals_total{reason=\"waiting_limit\"}", 1));
    // Whoever asks again is answered in the end.
    UdpSocket patient{node_.handle()};
    bool answered = false;
    for (int tries = 0; tries < 100 && !answered; ++tries) {
        patient.send(encode({.handle = handle_at(1)}));
        answered = patient.receive(std::chrono::milliseconds{50}).has_value();
    }
    EXPECT_TRUE(answered);
}

TEST_F(ColdNode, StopsWhileRequestsWait) {
    start();
    TcpStream tcp{node_.handle()};
    UdpSocket udp{node_.handle()};
    for (std::size_t number = 0; number < record_count; ++number) {
        udp.send(encode({.handle = handle_at(number)}));
        tcp.send(encode({.handle = handle_at(number)}));
    }
    EXPECT_EQ(node_.stop(), 0);
    EXPECT_EQ(decode(receive_message(tcp)).code(), 1U);
}

}  // namespace
}  // namespace idnode::end_to_end
