"""Access to the desk: sessions, enrolment and unlockers."""
