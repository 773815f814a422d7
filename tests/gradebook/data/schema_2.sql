BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('2');
CREATE TABLE contents (
	sha256 VARCHAR(64) NOT NULL, 
	data BLOB NOT NULL, 
	PRIMARY KEY (sha256)
);
INSERT INTO "contents" VALUES('bc3144c639cf1cabd72e7351b154c996cb9e90f5b0537d8c0a08b9d0951f7dea',X'4964656E7469666965722C47726164650A');
CREATE TABLE decisions (
	number INTEGER NOT NULL, 
	stage VARCHAR(64) NOT NULL, 
	participant_id VARCHAR(64) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	value TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	decided_by VARCHAR(128) NOT NULL, 
	made_at VARCHAR(40) NOT NULL, 
	position INTEGER NOT NULL, 
	previous_sha256 VARCHAR(64) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	PRIMARY KEY (number), 
	CONSTRAINT decisions_position UNIQUE (stage, position)
);
INSERT INTO "decisions" VALUES(1,'s01_tiny','ann','rubric','{"criterion": "clarity", "points": "4", "sheet": true}','typed in rubric.csv','t','2026-11-26T11:05:08+00:00',1,'0000000000000000000000000000000000000000000000000000000000000000','5b3b59e3d87588b3cd97aad746a01a73b79fcba756ae0446cc3cce1f07b392ff');
INSERT INTO "decisions" VALUES(2,'s01_tiny','bob','override','{"points": "40"}','appeal','ann','2026-11-26T11:05:11+00:00',7,'f11ff7e95f7d7ab2ec6a1886687388506d2705f902def8e7546ef5a132477018','82f375813352ff8f06c716ced603950a933cc5e1648dd6680168a6b5808a037b');
CREATE TABLE environments (
	sha256 VARCHAR(64) NOT NULL, 
	description TEXT NOT NULL, 
	PRIMARY KEY (sha256)
);
INSERT INTO "environments" VALUES('a96e03808ac62765b154e4dc1e2256b54224c4714e952a41ed26ecb79b276071','{"implementation": "CPython", "machine": "x86_64", "numpy": "2.4.6", "python": "3.11.7", "system": "Linux"}');
CREATE TABLE marks (
	number INTEGER NOT NULL, 
	stage VARCHAR(64) NOT NULL, 
	participant_id VARCHAR(64) NOT NULL, 
	record INTEGER, 
	grade TEXT NOT NULL, 
	basis TEXT, 
	policy_sha256 VARCHAR(64) NOT NULL, 
	made_at VARCHAR(40) NOT NULL, 
	position INTEGER, 
	previous_sha256 VARCHAR(64) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	PRIMARY KEY (number), 
	CONSTRAINT marks_position UNIQUE (stage, position)
);
INSERT INTO "marks" VALUES(1,'s01_tiny','zed',NULL,'{"participant_id":"zed","points":0.0,"out_of":105.0,"scores":[{"name":"test_double_of_one","visibility":"public","points":0.0,"out_of":10.0},{"name":"test_double","visibility":"hidden","points":0.0,"out_of":40.0},{"name":"test_double_is_even","visibility":"hidden","points":0.0,"out_of":20.0},{"name":"test_triple","visibility":"hidden","points":0.0,"out_of":30.0}],"held":["a person must look: nothing could be tested: scratch/tiny.py is missing from what you sent (1 file); ask for the file and grade again, or set the mark with autograder override"],"late_points":0.0,"late_days":0,"rubric":{"clarity":0.0},"computed":null}','{"status":"submitted","lateness":{"submitted_at":null,"due_at":null,"late_seconds":0,"source":"","uncertain":""},"submission_sha256":"3b40c4629604c471793212099bfc1ea4d98c7193db439b47050e2303e27de76f","intake_findings":[],"findings":[{"kind":"file","message":"nothing could be tested: scratch/tiny.py is missing from what you sent (1 file)","hint":"","place":null,"detail":"","exception_type":"","picture":null}],"held":["a person must look: nothing could be tested: scratch/tiny.py is missing from what you sent (1 file); ask for the file and grade again, or set the mark with autograder override"],"nothing_to_run":true}','c690df27d872ac4b35d1edbc8c2dcfcfdb01f96266da57d11114d777251e3aad','2026-11-26T11:05:08+00:00',2,'5b3b59e3d87588b3cd97aad746a01a73b79fcba756ae0446cc3cce1f07b392ff','5816050ec058282bb3b3fa01d365fddf09bbc26435c076d4d127178b8175482f');
INSERT INTO "marks" VALUES(2,'s01_tiny','ann',1,'{"participant_id":"ann","points":104.0,"out_of":105.0,"scores":[{"name":"test_double_of_one","visibility":"public","points":10.0,"out_of":10.0},{"name":"test_double","visibility":"hidden","points":40.0,"out_of":40.0},{"name":"test_double_is_even","visibility":"hidden","points":20.0,"out_of":20.0},{"name":"test_triple","visibility":"hidden","points":30.0,"out_of":30.0}],"held":[],"late_points":0.0,"late_days":0,"rubric":{"clarity":4.0},"computed":null}','{"status":"submitted","lateness":{"submitted_at":null,"due_at":null,"late_seconds":0,"source":"","uncertain":""},"submission_sha256":"c42a53901798ecc2206f2c0728fbe7fc3a492655a6ae055558539e5ab2e9e923","intake_findings":[],"findings":[],"held":[],"nothing_to_run":false}','c690df27d872ac4b35d1edbc8c2dcfcfdb01f96266da57d11114d777251e3aad','2026-11-26T11:05:11+00:00',4,'ec7580b761332e34c222a606a8663d5542d9fdc3f767f065a47f1cb82266164e','f6f08baa24d990739acc415d2af582c811f51b9a17496acd997a8813c976a2b2');
INSERT INTO "marks" VALUES(3,'s01_tiny','bob',2,'{"participant_id":"bob","points":30.0,"out_of":105.0,"scores":[{"name":"test_double_of_one","visibility":"public","points":0.0,"out_of":10.0},{"name":"test_double","visibility":"hidden","points":0.0,"out_of":40.0},{"name":"test_double_is_even","visibility":"hidden","points":0.0,"out_of":20.0},{"name":"test_triple","visibility":"hidden","points":30.0,"out_of":30.0}],"held":["rubric: clarity has not been marked"],"late_points":0.0,"late_days":0,"rubric":{"clarity":null},"computed":null}','{"status":"submitted","lateness":{"submitted_at":null,"due_at":null,"late_seconds":0,"source":"","uncertain":""},"submission_sha256":"98ad2c396da2df68b709c87de2ee991e01e01903557d08e1fc06dece45136da0","intake_findings":[],"findings":[],"held":[],"nothing_to_run":false}','c690df27d872ac4b35d1edbc8c2dcfcfdb01f96266da57d11114d777251e3aad','2026-11-26T11:05:11+00:00',6,'574bdca40a9b732922537886c9212f03edfb20dc8c1afd20698ef154f891b128','f11ff7e95f7d7ab2ec6a1886687388506d2705f902def8e7546ef5a132477018');
CREATE TABLE people (
	stage VARCHAR(64) NOT NULL, 
	participant_id VARCHAR(64) NOT NULL, 
	id_number VARCHAR(64) NOT NULL, 
	name TEXT NOT NULL, 
	team VARCHAR(64) NOT NULL, 
	PRIMARY KEY (stage, participant_id)
);
INSERT INTO "people" VALUES('s01_tiny','ann','','ann','');
INSERT INTO "people" VALUES('s01_tiny','bob','','bob','');
INSERT INTO "people" VALUES('s01_tiny','zed','','zed','');
CREATE TABLE pushes (
	number INTEGER NOT NULL, 
	entry TEXT NOT NULL, 
	previous_sha256 VARCHAR(64) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "pushes" VALUES(1,'{"grade": "6.00", "user": 7}','0000000000000000000000000000000000000000000000000000000000000000','c375623d0fe0ee60634f60626cbf1bba1b1a8a8fe5b3bde3c44d901af1b758c9');
INSERT INTO "pushes" VALUES(2,'{"grade": "7.00", "user": 8}','c375623d0fe0ee60634f60626cbf1bba1b1a8a8fe5b3bde3c44d901af1b758c9','bff768647f17f62132c44cc0583d10e5970e901d4a61f22267e29e4d13359c92');
CREATE TABLE records (
	number INTEGER NOT NULL, 
	stage VARCHAR(64) NOT NULL, 
	participant_id VARCHAR(64) NOT NULL, 
	submission_sha256 VARCHAR(64) NOT NULL, 
	kit_version VARCHAR(64) NOT NULL, 
	engine_sha256 VARCHAR(64), 
	stage_sha256 VARCHAR(64) NOT NULL, 
	environment_sha256 VARCHAR(64) NOT NULL, 
	run VARCHAR(64) NOT NULL, 
	attempt INTEGER NOT NULL, 
	seed VARCHAR(64) NOT NULL, 
	layers TEXT NOT NULL, 
	official BOOLEAN NOT NULL, 
	fault TEXT NOT NULL, 
	results TEXT NOT NULL, 
	graded_at VARCHAR(40) NOT NULL, 
	position INTEGER, 
	previous_sha256 VARCHAR(64) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	PRIMARY KEY (number), 
	CONSTRAINT records_same_work UNIQUE (stage, participant_id, submission_sha256, kit_version, engine_sha256, stage_sha256, environment_sha256, run, attempt), 
	CONSTRAINT records_position UNIQUE (stage, position)
);
INSERT INTO "records" VALUES(1,'s01_tiny','ann','c42a53901798ecc2206f2c0728fbe7fc3a492655a6ae055558539e5ab2e9e923','0.2.0','69e5cd7164c419dbb97f9c00fae07f10e89cb803ca6394050089037337440618','71e7022de512eaac2d54c691e94bbb4f2d67ce7c793cef41f09656405cca6561','a96e03808ac62765b154e4dc1e2256b54224c4714e952a41ed26ecb79b276071','1',0,'ddcdf96c9261cbb3928ddf71537c346334dba40dd0ecda892004ed3736be3a17','["own mounts (mount namespace)", "own processes (pid namespace)", "no network (net namespace)", "own shared memory (ipc namespace)", "Landlock (version 7)", "system call filter (seccomp)", "own user id", "measured from outside (pidfd, CPU clock)", "control group (memory, processes)"]',1,'','[{"name":"test_double_of_one","case":"","visibility":"public","sentence":"Twice one is two.","outcome":"passed","findings":[],"usage":{"cpu_seconds":0.0007368840000000001,"wall_seconds":0.0009654330001467315,"memory_mib":34.15625},"printed":""},{"name":"test_double","case":"two","visibility":"hidden","sentence":"Twice random numbers.","outcome":"passed","findings":[],"usage":{"cpu_seconds":0.0002480429999999999,"wall_seconds":0.0024319040001046233,"memory_mib":34.15625},"printed":""},{"name":"test_double","case":"five","visibility":"hidden","sentence":"Twice random numbers.","outcome":"passed","findings":[],"usage":{"cpu_seconds":0.0002480429999999999,"wall_seconds":0.0024319040001046233,"memory_mib":34.15625},"printed":""},{"name":"test_double_is_even","case":"","visibility":"hidden","sentence":"Twice minus x is minus twice x.","outcome":"passed","findings":[],"usage":{"cpu_seconds":0.0007098640000000002,"wall_seconds":0.0010208349999629718,"memory_mib":34.15625},"printed":""},{"name":"test_triple","case":"","visibility":"hidden","sentence":"Thrice random numbers, with a fixture of the test''s own.","outcome":"passed","findings":[],"usage":{"cpu_seconds":0.0003603440000000003,"wall_seconds":0.005885804000172357,"memory_mib":34.15625},"printed":""}]','2026-11-26T11:05:11+00:00',3,'5816050ec058282bb3b3fa01d365fddf09bbc26435c076d4d127178b8175482f','ec7580b761332e34c222a606a8663d5542d9fdc3f767f065a47f1cb82266164e');
INSERT INTO "records" VALUES(2,'s01_tiny','bob','98ad2c396da2df68b709c87de2ee991e01e01903557d08e1fc06dece45136da0','0.2.0','69e5cd7164c419dbb97f9c00fae07f10e89cb803ca6394050089037337440618','71e7022de512eaac2d54c691e94bbb4f2d67ce7c793cef41f09656405cca6561','a96e03808ac62765b154e4dc1e2256b54224c4714e952a41ed26ecb79b276071','1',0,'ddcdf96c9261cbb3928ddf71537c346334dba40dd0ecda892004ed3736be3a17','["own mounts (mount namespace)", "own processes (pid namespace)", "no network (net namespace)", "own shared memory (ipc namespace)", "Landlock (version 7)", "system call filter (seccomp)", "own user id", "measured from outside (pidfd, CPU clock)", "control group (memory, processes)"]',1,'','[{"name":"test_double_of_one","case":"","visibility":"public","sentence":"Twice one is two.","outcome":"failed","findings":[{"kind":"value","message":"y: 3 of 3 values differ, the first at y[0]; the largest error is 0.5 times the expected size, at y[0] (allowed: 1e-12 times the expected size)","hint":"Is this the square?","place":null,"detail":"y[0]: expected 2, got 1","exception_type":"","picture":null}],"usage":{"cpu_seconds":0.0007324469999999998,"wall_seconds":0.0009824279995882534,"memory_mib":34.13671875},"printed":""},{"name":"test_double","case":"two","visibility":"hidden","sentence":"Twice random numbers.","outcome":"failed","findings":[{"kind":"value","message":"y: 2 of 2 values differ, the first at y[0]; the largest error is 2.2 times the expected size, at y[0] (allowed: 1e-12 times the expected size)","hint":"Is this the square?","place":null,"detail":"y[0]: expected -4.86143, got 5.90837","exception_type":"","picture":null}],"usage":{"cpu_seconds":0.0002887380000000002,"wall_seconds":0.0006214719999206864,"memory_mib":34.13671875},"printed":""},{"name":"test_double","case":"five","visibility":"hidden","sentence":"Twice random numbers.","outcome":"failed","findings":[{"kind":"value","message":"y: 5 of 5 values differ, the first at y[0]; the largest error is 1.7 times the expected size, at y[1] (allowed: 1e-12 times the expected size)","hint":"Is this the square?","place":null,"detail":"y[1]: expected -2.92336, got 2.1365","exception_type":"","picture":null}],"usage":{"cpu_seconds":0.0002887380000000002,"wall_seconds":0.0006214719999206864,"memory_mib":34.13671875},"printed":""},{"name":"test_double_is_even","case":"","visibility":"hidden","sentence":"Twice minus x is minus twice x.","outcome":"not reached","findings":[{"kind":"missing","message":"not reached: test_double did not pass","hint":"","place":null,"detail":"","exception_type":"","picture":null}],"usage":{"cpu_seconds":0.0,"wall_seconds":0.0,"memory_mib":0.0},"printed":""},{"name":"test_triple","case":"","visibility":"hidden","sentence":"Thrice random numbers, with a fixture of the test''s own.","outcome":"passed","findings":[],"usage":{"cpu_seconds":0.000597907,"wall_seconds":0.002993922999849019,"memory_mib":34.15625},"printed":""}]','2026-11-26T11:05:11+00:00',5,'f6f08baa24d990739acc415d2af582c811f51b9a17496acd997a8813c976a2b2','574bdca40a9b732922537886c9212f03edfb20dc8c1afd20698ef154f891b128');
CREATE TABLE submissions (
	sha256 VARCHAR(64) NOT NULL, 
	archive BLOB NOT NULL, 
	PRIMARY KEY (sha256)
);
INSERT INTO "submissions" VALUES('3b40c4629604c471793212099bfc1ea4d98c7193db439b47050e2303e27de76f',X'504B03041400000000000000210092CDACCB54000000540000000A000000696E6465782E6A736F6E5B7B2270617468223A20226E6F7465732E747874222C202275706C6F6164223A20226E6F7465732E747874222C202275706C6F616465645F6174223A2022323032362D31312D32365431313A30353A3038227D5D504B030414000000080000002100CF00907F06000000040000000100000030CBCBCF4B0500504B010214031400000000000000210092CDACCB54000000540000000A0000000000000000000000800100000000696E6465782E6A736F6E504B0102140314000000080000002100CF00907F060000000400000001000000000000000000000080017C00000030504B0506000000000200020067000000A10000000000');
INSERT INTO "submissions" VALUES('c42a53901798ecc2206f2c0728fbe7fc3a492655a6ae055558539e5ab2e9e923',X'504B0304140000000000000021000C284B1E60000000600000000A000000696E6465782E6A736F6E5B7B2270617468223A2022736372617463682F74696E792E7079222C202275706C6F6164223A2022736372617463682F74696E792E7079222C202275706C6F616465645F6174223A2022323032362D31312D32365431313A30353A3038227D5D504B03041400000008000000210015DB3BDD410000005C0000000100000030CBCC2DC82F2A51C82BCD2DA854482C56C82BE0028294D4348594FCD2A49C548D0A4D2B2E0520284A2D292DCA53A850D05230D23380AA2929CA2CC0AEC618A80600504B01021403140000000000000021000C284B1E60000000600000000A0000000000000000000000800100000000696E6465782E6A736F6E504B010214031400000008000000210015DB3BDD410000005C00000001000000000000000000000080018800000030504B0506000000000200020067000000E80000000000');
INSERT INTO "submissions" VALUES('98ad2c396da2df68b709c87de2ee991e01e01903557d08e1fc06dece45136da0',X'504B0304140000000000000021000C284B1E60000000600000000A000000696E6465782E6A736F6E5B7B2270617468223A2022736372617463682F74696E792E7079222C202275706C6F6164223A2022736372617463682F74696E792E7079222C202275706C6F616465645F6174223A2022323032362D31312D32365431313A30353A3038227D5D504B030414000000080000002100FBD4F4E0400000005A0000000100000030CBCC2DC82F2A51C82BCD2DA854482C56C82BE0028294D4348594FCD2A49C548D0A4D2B2E0520284A2D292DCA53A850D052A880AA2829CA2CC0AEC258CF800B00504B01021403140000000000000021000C284B1E60000000600000000A0000000000000000000000800100000000696E6465782E6A736F6E504B0102140314000000080000002100FBD4F4E0400000005A00000001000000000000000000000080018800000030504B0506000000000200020067000000E70000000000');
CREATE TABLE worksheets (
	stage VARCHAR(64) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	PRIMARY KEY (stage)
);
INSERT INTO "worksheets" VALUES('s01_tiny','bc3144c639cf1cabd72e7351b154c996cb9e90f5b0537d8c0a08b9d0951f7dea');
COMMIT;
